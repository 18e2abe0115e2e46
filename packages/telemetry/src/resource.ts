import {
  defaultResource,
  envDetector,
  detectResources,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import type { Service } from './protocol.ts';

/** Who exports: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` over what the service calls itself. */
export function resourceOf({ name, instance }: Service): Resource {
  const named = resourceFromAttributes({
    'service.name': name,
    ...(instance !== undefined && { 'service.instance.id': instance }),
  });
  return defaultResource()
    .merge(named)
    .merge(detectResources({ detectors: [envDetector] }));
}
