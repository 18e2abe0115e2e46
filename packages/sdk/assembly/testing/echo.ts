import { Json } from '@ostiary/sdk/assembly';
import { Writer } from '@ostiary/sdk/assembly/json/writer';
import { readAll, STDOUT, writeAll } from '@ostiary/sdk/assembly/stdio';

// Each export reads one JSON document from standard input and writes it back, or an object with the error.

/** Writes back what it has not looked at. */
export function closed(): void {
  const value = read();
  if (value) answer(value);
}

/** Opens every array and object first, so that every member is written anew. */
export function opened(): void {
  const value = read();
  if (!value) return;
  open(value);
  answer(value);
}

/** Rebuilds the document from the values its getters give. */
export function rebuilt(): void {
  const value = read();
  if (value) answer(rebuild(value));
}

/** Input `{"value", "pointer", "put"?}`: puts, if there is something to put, else finds; answers what is there. */
export function pointer(): void {
  const input = read();
  if (!input) return;
  const at = input.get('pointer').string();
  if (input.has('put')) {
    answer(input.get('value').put(at, input.get('put')));
    return;
  }
  const found = input.get('value').find(at);
  answer(found.isMissing ? Json.string('(missing)') : found);
}

/** Input `{"value", "key"}`: removes the key. */
export function removal(): void {
  const input = read();
  if (!input) return;
  input.get('value').remove(input.get('key').string());
  answer(input.get('value'));
}

/** Answers what the getters of each kind make of the document. */
export function getters(): void {
  const value = read();
  if (!value) return;
  const result = Json.object()
    .set('string', Json.string(value.string('(none)')))
    .set('boolean', Json.boolean(value.boolean(true)))
    .set('integer', Json.integer(value.integer(-1)))
    .set('float', Json.float(value.float(-1)))
    .set('number', Json.string(value.numberText))
    .set('strings', Json.strings(value.strings()))
    .set('size', Json.integer(value.size));
  answer(result);
}

/** Makes an object that contains itself, which can't be written. */
export function cycle(): void {
  const value = Json.object();
  answer(value.set('self', value));
}

/** Asks for more memory than there is. */
export function exhaust(): void {
  while (true) new Writer(0x0fff_0000).byte(0);
}

function read(): Json | null {
  const input = readAll();
  const parsed = Json.parseBytes(input.data, input.length);
  if (parsed.value) return parsed.value;
  answer(Json.object().set('error', Json.string(parsed.error)).set('position', Json.integer(parsed.position)));
  return null;
}

function answer(value: Json): void {
  const out = new Writer();
  value.write(out);
  writeAll(STDOUT, out.data, out.length);
}

function open(value: Json): void {
  if (value.isArray) {
    const items = value.items;
    for (let i = 0; i < items.length; i++) open(items[i]);
  } else if (value.isObject) {
    const keys = value.keys;
    for (let i = 0; i < keys.length; i++) open(value.get(keys[i]));
  }
}

function rebuild(value: Json): Json {
  if (value.isObject) {
    const copy = Json.object();
    const keys = value.keys;
    for (let i = 0; i < keys.length; i++) copy.set(keys[i], rebuild(value.get(keys[i])));
    return copy;
  }
  if (value.isArray) {
    const copy = Json.array();
    const items = value.items;
    for (let i = 0; i < items.length; i++) copy.push(rebuild(items[i]));
    return copy;
  }
  if (value.isString) return Json.string(value.string());
  if (value.numberText.length > 0) return Json.parse(value.numberText).value!;
  if (value.isNull) return Json.null();
  return Json.boolean(value.boolean());
}
