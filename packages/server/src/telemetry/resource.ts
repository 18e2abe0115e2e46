import {
  defaultResource,
  envDetector,
  detectResources,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';

/** What the original calls itself (contract: policy-server §11.3). */
const SERVICE_NAME = 'kubewarden-policy-server';

/** Who exports: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` over the original's name. */
export function serviceResource(): Resource {
  const named = resourceFromAttributes({ 'service.name': SERVICE_NAME });
  return defaultResource()
    .merge(named)
    .merge(detectResources({ detectors: [envDetector] }));
}
