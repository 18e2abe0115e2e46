import { writeMetadata, type PolicyMetadata } from '@ostiary/registry';

// waPC policies of about a kilobyte, assembled once: this package may not import the assembler. What they answer stands in
// places of their data that are filled in here: `~A` what they answer to `validate`, `~S` to `validate_settings`. The
// second one first asks its host for the object that `~P` names, and rejects with the host's words if it gets none.

const CONSTANT = [
  'AGFzbQEAAAABFgRgAn9/AGACf38AYAJ/fwBgAn9/AX8CRQMEd2FwYw9fX2d1ZXN0X3JlcXVlc3QAAAR3YXBjEF9fZ3Vlc3RfcmVzcG9uc2UAAQ',
  'R3YXBjDV9fZ3Vlc3RfZXJyb3IAAgMCAQMFAwEAAgcZAgxfX2d1ZXN0X2NhbGwAAwZtZW1vcnkCAAovAS0AIABBCEYEQEGAEEGABBABBSAAQRBG',
  'BEBBoB9BBBABBUGACEGAAhABCwtBAQsLmQYDAEGACAuAAn5TICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAAQYAQC4AEfkEgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAAQaAfCwQidjEi',
].join('');

const GETTER = [
  'AGFzbQEAAAABKgdgAn9/AGACf38AYAJ/fwBgCH9/f39/f39/AX9gAAF/YAF/AGACf38BfwKEAQYEd2FwYw9fX2d1ZXN0X3JlcXVlc3QAAAR3YX',
  'BjEF9fZ3Vlc3RfcmVzcG9uc2UAAQR3YXBjDV9fZ3Vlc3RfZXJyb3IAAgR3YXBjC19faG9zdF9jYWxsAAMEd2FwYxBfX2hvc3RfZXJyb3JfbGVu',
  'AAQEd2FwYwxfX2hvc3RfZXJyb3IABQMCAQYFAwEAAgcZAgxfX2d1ZXN0X2NhbGwABgZtZW1vcnkCAApoAWYAIABBCEYEQEGIJ0EKQZInQQpBnC',
  'dBDEHsJ0GAAhADBEBBgBBBgAQQAQVBjS8QBUGNLxAEakGoLUEC/AoAAEHwLhAEQR9qEAELBSAAQRBGBEBBoB9BBBABBUGACEGAAhABCwtBAQsL',
  '/QgJAEGACAuAAn5TICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAAQYAQC4AEfkEgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAAQaAfCwQidjEiAEGIJwsKa3ViZXdhcmRlbgBBkicLCmt1YmVybmV0',
  'ZXMAQZwnCwxnZXRfcmVzb3VyY2UAQewnC4ACflAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg',
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
  'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIABBqC0LAiJ9AEHwLgsdeyJhY2NlcHRlZCI6ZmFsc2UsIm1lc3NhZ2UiOiI=',
].join('');

export interface PolicyText {
  /** What it answers to `validate`, as JSON. */
  readonly answer?: object;
  /** To `validate_settings`. */
  readonly settings?: object;
  /** The object that it asks for by `kubernetes/get_resource` first. */
  readonly asks?: { readonly kind: string; readonly name: string; readonly apiVersion?: string };
  /** Undefined: it is not annotated. */
  readonly metadata?: Partial<PolicyMetadata>;
}

const PODS = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE', 'UPDATE'] } as const;

export const METADATA: PolicyMetadata = {
  protocolVersion: 'v1',
  rules: [PODS],
  mutating: false,
  backgroundAudit: true,
  executionMode: 'kubewarden-wapc',
  policyType: 'kubernetes',
  contextAwareResources: [],
};

/** A waPC policy that says what it is told to say. */
export function policyModule(text: PolicyText = {}): Uint8Array {
  const { answer = { accepted: true }, settings = { valid: true }, asks, metadata } = text;
  const module = Buffer.from(asks ? GETTER : CONSTANT, 'base64');
  fill(module, '~A', 512, JSON.stringify(answer));
  fill(module, '~S', 256, JSON.stringify(settings));
  if (asks) fill(module, '~P', 256, question(asks));
  return metadata ? writeMetadata(module, { ...METADATA, ...metadata }) : module;
}

function question({ kind, name, apiVersion = 'v1' }: NonNullable<PolicyText['asks']>): string {
  return JSON.stringify({ api_version: apiVersion, kind, name, namespace: null, disable_cache: true });
}

function fill(module: Buffer, mark: string, room: number, text: string): void {
  const at = module.indexOf(mark);
  module.fill(' ', at, at + room);
  if (Buffer.byteLength(text) > room) throw new Error(`${text} is too long`);
  module.write(text, at);
}

// A WASI command that writes one text to standard output, whatever it is asked; the text begins at 32, after the one
// buffer that `fd_write` is given. One memory page, `_start` and `memory` are exported.
const COMMAND_HEAD = [
  '0061736d01000000010c0260047f7f7f7f017f60000002230116776173695f736e617073686f745f70726576696577310866645f77726974650000',
  '030201010503010001071302066d656d6f72790200065f73746172740001',
  '0a0f010d00410141004101411410001a0b',
].join('');
const TEXT_AT = 32;

/** A policy that is a WASI command, not annotated; its text is shorter than 64 bytes. */
export function commandModule(text: string): Uint8Array {
  const data = Buffer.alloc(TEXT_AT + text.length, 0);
  data.writeUInt32LE(TEXT_AT, 0);
  data.writeUInt32LE(text.length, 4);
  data.write(text, TEXT_AT);
  const segment = Buffer.concat([Buffer.from([1, 0, 0x41, 0, 0x0b, data.length]), data]);
  return Buffer.concat([Buffer.from(COMMAND_HEAD, 'hex'), Buffer.from([11, segment.length]), segment]);
}
