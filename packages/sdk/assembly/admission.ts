import { Json } from './json/value';

/** An admission request and the verdict on it, common to both module families. Without a verdict the call fails. */
export class Admission {
  protected decided: bool = false;
  protected allowed: bool = false;
  protected message: string = '';
  protected code: i32 = 0;
  protected reason: string = '';
  protected mutated: Json = Json.missing();
  protected readonly warnings: Json = Json.array();
  protected readonly auditAnnotations: Json = Json.object();
  private failed: string = '';

  constructor(
    /** The admission.k8s.io/v1 AdmissionRequest. */
    readonly request: Json,
    readonly settings: Json,
  ) {}

  get uid(): string {
    return this.request.get('uid').string();
  }

  /** CREATE, UPDATE, DELETE or CONNECT. */
  get operation(): string {
    return this.request.get('operation').string();
  }

  get kind(): string {
    return this.request.find('/kind/kind').string();
  }

  get namespace(): string {
    return this.request.get('namespace').string();
  }

  get name(): string {
    return this.request.get('name').string();
  }

  get username(): string {
    return this.request.find('/userInfo/username').string();
  }

  get groups(): string[] {
    return this.request.find('/userInfo/groups').strings();
  }

  get dryRun(): bool {
    return this.request.get('dryRun').boolean();
  }

  /** The object as it would be stored; null on DELETE. */
  get object(): Json {
    return this.request.get('object');
  }

  /** The object as it is stored; null on CREATE. */
  get oldObject(): Json {
    return this.request.get('oldObject');
  }

  accept(): void {
    this.decided = true;
    this.allowed = true;
  }

  /** Refuses the request. `code` is an HTTP status, 0 for the host's own. */
  reject(message: string, code: i32 = 0, reason: string = ''): void {
    this.decided = true;
    this.allowed = false;
    this.message = message;
    this.code = code;
    this.reason = reason;
  }

  /** Accepts the request with this object, whole, in place of its own. A request without an object can't be mutated. */
  mutate(object: Json): void {
    if (!this.object.isObject) {
      this.fail('no object in admission request');
      return;
    }
    this.accept();
    this.mutated = object;
  }

  /** Adds a warning for the client, whatever the verdict. */
  warn(text: string): void {
    this.warnings.push(Json.string(text));
  }

  /** Adds an annotation to the audit log entry; the API server puts the module's name before the key. */
  audit(key: string, value: string): void {
    this.auditAnnotations.set(key, Json.string(value));
  }

  /** The module can't judge: the host treats the call as failed. */
  fail(message: string): void {
    this.failed = message;
  }

  /** Why there is no verdict; "" when there is one. */
  get failure(): string {
    if (this.failed.length > 0) return this.failed;
    return this.decided ? '' : 'the module gave no verdict';
  }

  protected get isMutated(): bool {
    return this.allowed && !this.mutated.isMissing;
  }
}
