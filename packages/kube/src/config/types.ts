/** A certificate or key: PEM text, or a file that is read again when it may have changed. */
export type PemSource =
  | { readonly kind: 'data'; readonly pem: string }
  | { readonly kind: 'file'; readonly path: string };

export interface ClusterConfig {
  /** `http:` or `https:`, with the path under which the API is mounted, without a slash at the end. */
  readonly server: string;
  /** Without one the system's authorities count. */
  readonly certificateAuthority?: PemSource | undefined;
  /** The name to expect in the server's certificate instead of the host of `server`. */
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** `http:`, `https:` or `socks5:`. */
  readonly proxyUrl?: string | undefined;
  /** What an exec plugin is told of the cluster besides: the extension `client.authentication.k8s.io/exec`. */
  readonly execExtension?: unknown;
}

/** How to run a credential plugin (`client.authentication.k8s.io`). */
export interface ExecConfig {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  /** A name on the path, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  readonly provideClusterInfo: boolean;
  /** Shown when the command is missing. */
  readonly installHint?: string | undefined;
}

/** As whom to act instead of the authenticated user. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Everything may be absent: an anonymous user. */
export interface UserConfig {
  readonly token?: string | undefined;
  /** Wins over `token`, which then counts until the file can be read. */
  readonly tokenFile?: string | undefined;
  readonly clientCertificate?: PemSource | undefined;
  readonly clientKey?: PemSource | undefined;
  readonly basic?: { readonly username: string; readonly password: string } | undefined;
  readonly exec?: ExecConfig | undefined;
  readonly impersonate?: Impersonation | undefined;
}

/** Where an API is and who asks. Plain data; it holds secrets and must not be logged. */
export interface KubeConfig {
  readonly cluster: ClusterConfig;
  readonly user: UserConfig;
  /** The namespace of the context, `default` if it names none. */
  readonly namespace: string;
  /** The context's name, absent inside a cluster. */
  readonly context?: string | undefined;
}
