import { POLICY_INPUT } from '../engine/pod-review.ts';

/** As many bytes as the review had with which the quoted figures were measured. */
const BYTES = 3974;

/** An AdmissionReview of a Pod, of {@link BYTES} bytes. */
export function podReview(): string {
  const { request } = JSON.parse(POLICY_INPUT) as {
    readonly request: { readonly object: { readonly metadata: { readonly annotations: Record<string, string> } } };
  };
  const { annotations } = request.object.metadata;
  const render = (): string => JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
  annotations['example.com/notes'] = '';
  annotations['example.com/notes'] = 'x'.repeat(Math.max(0, BYTES - Buffer.byteLength(render())));
  return render();
}
