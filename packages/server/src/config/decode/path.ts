/** `path.name`, or `path["na me"]` for a name that is not made of letters, digits, `_` and `-`. */
export function childPath(path: string, name: string): string {
  if (!/^[\p{L}_][\p{L}\d_-]*$/u.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** `path[index]` */
export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}
