/** Members that name an item in the lists that the API server merges item by item. */
const ITEM_KEYS = ['name', 'mountPath', 'uid'] as const;

/**
 * Whether `live` has everything that `desired` says. What it has besides is somebody else's, or a default; what is empty
 * may be missing. Items of lists are found by their names if they have any, and by their places otherwise.
 */
export function covers(live: unknown, desired: unknown): boolean {
  if (isEmpty(desired)) return live === undefined || isEmpty(live) || (isRecord(live) && isRecord(desired));
  if (Array.isArray(desired)) return Array.isArray(live) && coversList(live, desired);
  if (!isRecord(desired)) return live === desired;
  return isRecord(live) && Object.entries(desired).every(([name, value]) => coversMember(live, name, value));
}

/** What selects is replaced as a whole: one label more finds other pods. */
const WHOLE: ReadonlySet<string> = new Set(['selector', 'matchLabels']);

function coversMember(live: Readonly<Record<string, unknown>>, name: string, value: unknown): boolean {
  const found = own(live, name);
  if (!covers(found, value)) return false;
  return !WHOLE.has(name) || Object.keys(found ?? {}).length === Object.keys(value ?? {}).length;
}

function coversList(live: readonly unknown[], desired: readonly unknown[]): boolean {
  const key = itemKey(desired);
  if (key === undefined) {
    return live.length === desired.length && desired.every((item, index) => covers(live[index], item));
  }
  return desired.every((item) => covers(itemOf(live, key, item), item));
}

/** The part of `live` that `desired` speaks of, in its shape. */
export function projection(live: unknown, desired: unknown): unknown {
  if (Array.isArray(desired) && Array.isArray(live)) {
    const key = itemKey(desired);
    if (key === undefined) return live;
    return desired.map((item) => projection(itemOf(live, key, item), item) ?? null);
  }
  if (!isRecord(desired) || !isRecord(live)) return live;
  return Object.fromEntries(Object.keys(desired).map((name) => [name, projection(own(live, name), desired[name])]));
}

function itemKey(items: readonly unknown[]): (typeof ITEM_KEYS)[number] | undefined {
  return ITEM_KEYS.find((key) => items.every((item) => isRecord(item) && typeof item[key] === 'string'));
}

function itemOf(items: readonly unknown[], key: string, wanted: unknown): unknown {
  if (!isRecord(wanted)) return undefined;
  // Two mounts may share a volume's name, so that the place where they are is what tells them apart.
  const exact = items.filter((item) => isRecord(item) && item[key] === wanted[key]);
  return exact.length <= 1 ? exact[0] : exact.find((item) => covers(item, wanted));
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** What the API server leaves out of its JSON. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
