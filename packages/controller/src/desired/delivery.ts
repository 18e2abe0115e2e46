import type { PolicyServer } from '../cluster/objects.ts';
import type { ImageKind } from '../process/options.ts';
import { DELIVERY } from './names.ts';

/**
 * How a change of policies reaches the pods:
 * - `hot`: the pods follow the ConfigMap and say in an annotation of their own what they serve;
 * - `configmap`: the ConfigMap is mounted, and every change of it rolls all pods out anew (contract: controller §3.6).
 */
export type Delivery = 'hot' | 'configmap';

export function deliveryOf({ metadata, spec }: PolicyServer, imageKind: ImageKind): Delivery {
  const said = metadata.annotations?.[DELIVERY];
  if (said === 'hot' || said === 'configmap') return said;
  if (imageKind !== 'auto') return imageKind === 'ostiary' ? 'hot' : 'configmap';
  return spec.image.includes('ostiary') ? 'hot' : 'configmap';
}
