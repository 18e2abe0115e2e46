import { Json } from './json/value';

/** Who a token belongs to (authentication.k8s.io/v1 UserInfo). */
export class User {
  readonly extra: Json = Json.object();

  constructor(
    readonly username: string,
    readonly uid: string = '',
    readonly groups: string[] = [],
  ) {}

  /** Adds a key with its values to the extra information. */
  withExtra(key: string, values: string[]): User {
    this.extra.set(key, Json.strings(values));
    return this;
  }

  /** Empty members are left out. */
  toJson(): Json {
    const json = Json.object().set('username', Json.string(this.username));
    if (this.uid.length > 0) json.set('uid', Json.string(this.uid));
    if (this.groups.length > 0) json.set('groups', Json.strings(this.groups));
    if (this.extra.size > 0) json.set('extra', this.extra);
    return json;
  }
}
