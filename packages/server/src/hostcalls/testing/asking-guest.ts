import { compileGuest, type GuestImage, type HostAnswer, type HostCall } from '@ostiary/sandbox';

/**
 * The waPC guest of `conformance/guests/asking/wapc.ts`, assembled: this package may not import from there. Its input is
 * a list of steps: a length and a text that it asks its host by `kubewarden/kubernetes/ask`, 255 and a character that it
 * logs, or 0, with which it loops for ever. It answers with all replies in a row.
 */
const MODULE = [
  'AGFzbQEAAAABQgxgAn9/AGACf38AYAJ/fwBgCH9/f39/f39/AX9gAAF/YAF/AGAAAX9gAX8AYAJ/fwF/YAN/fn8Bf2ACf38Bf2AA',
  'AAKCAgoEd2FwYw9fX2d1ZXN0X3JlcXVlc3QAAAR3YXBjEF9fZ3Vlc3RfcmVzcG9uc2UAAQR3YXBjDV9fZ3Vlc3RfZXJyb3IAAgR3',
  'YXBjC19faG9zdF9jYWxsAAMEd2FwYxNfX2hvc3RfcmVzcG9uc2VfbGVuAAQEd2FwYw9fX2hvc3RfcmVzcG9uc2UABQR3YXBjEF9f',
  'aG9zdF9lcnJvcl9sZW4ABgR3YXBjDF9faG9zdF9lcnJvcgAHFndhc2lfc25hcHNob3RfcHJldmlldzEKcmFuZG9tX2dldAAIFndh',
  'c2lfc25hcHNob3RfcHJldmlldzEOY2xvY2tfdGltZV9nZXQACQMDAgoLBQUBAQPoBwclAwxfX2d1ZXN0X2NhbGwACgl3YXBjX2lu',
  'aXQACwZtZW1vcnkCAArNAgLHAgUBfwF/AX8BfwF/QQBAABpBAEGAIBAAQYAgIQJBgCAgAWohA0GAgAghBQNAIAIgA0kEQCACLQAA',
  'IQQgBEEARgRAA0AMAAsMAgsgBEH/AUYEQEGACEEKQZcIQQdBnghBAyACQQFqQQEQAxogAkECaiECDAILIARB/AFGBEAgBUEIEAga',
  'IAVBCGohBSACQQFqIQIMAgsgBEH9AUYEQEEAQgAgBRAJGiAFQQhqIQUgAkEBaiECDAILIARB+wFGBEAgAkEBaiECQYAIQQpBighB',
  'CkGUCEEDIAJBAWogAi0AABADGiACLQAAQQFqIAJqIQIMAgtBgAhBCkGKCEEKQZQIQQMgAkEBaiAEEANFBEBBgIAEEAdBgIAEEAYQ',
  'AkEADwsgBRAFIAUQBGohBSACIARqQQFqIQIMAQsLQYCACCAFQYCACGsQAUEBCwIACwsoAQBBgAgLIWt1YmV3YXJkZW5rdWJlcm5l',
  'dGVzYXNrdHJhY2luZ2xvZw==',
].join('');

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

export function askingImage(): GuestImage {
  const options = { abi: 'wapc', operations: ['validate'], memoryBytes: 1 << 20 } as const;
  return compileGuest(Buffer.from(MODULE, 'base64'), options);
}

/** Steps as texts: a question, `!x` to log x, or `∞`. */
export function steps(...texts: readonly string[]): readonly Uint8Array[] {
  const encode = (text: string): readonly number[] => {
    if (text === '∞') return [0];
    if (text.startsWith('!')) return [255, text.charCodeAt(1)];
    return [text.length, ...utf8.encoder.encode(text)];
  };
  return [Uint8Array.from(texts.flatMap(encode))];
}

export function payloadText({ payload }: Pick<HostCall, 'payload'>): string {
  return utf8.decoder.decode(Uint8Array.from(payload));
}

export function reply(text: string): HostAnswer {
  return { ok: true, payload: utf8.encoder.encode(text) };
}

export function question(text: string, operation = 'ask'): HostCall {
  return { binding: 'kubewarden', namespace: 'kubernetes', operation, payload: utf8.encoder.encode(text) };
}
