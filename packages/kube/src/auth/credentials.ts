import type { Clock } from '../clock.ts';
import type { ExecConfig, KubeConfig, UserConfig } from '../config/types.ts';
import { runExecPlugin, type ExecCredential } from './exec.ts';
import { rereadFile, rereadPem } from './files.ts';

/** What a TLS connection to the API server needs. Texts are PEM. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Who we are, kept fresh. */
export interface Credentials {
  /** `authorization` and impersonation. */
  readonly headers: () => Promise<Readonly<Record<string, string | string[]>>>;
  readonly tls: () => Promise<TlsMaterial>;
  /** Called after a 401: forgets what can be had anew. False if nothing can, and a second try is pointless. */
  readonly refresh: () => boolean;
}

/** Throws KubeConfigError `unreadable` or `exec-failed` from `headers` and `tls`, never from here. */
export function createCredentials({ user, cluster }: KubeConfig, clock: Clock): Credentials {
  const ca = rereadPem(cluster.certificateAuthority, clock);
  const cert = rereadPem(user.clientCertificate, clock);
  const key = rereadPem(user.clientKey, clock);
  const tokenFile = user.tokenFile === undefined ? undefined : rereadFile(user.tokenFile, clock);
  const plugin =
    user.exec === undefined
      ? undefined
      : cachedExec(
          user.exec,
          async (exec) => {
            return runExecPlugin(exec, cluster, await ca?.text());
          },
          clock,
        );
  const impersonation = impersonationHeaders(user);

  const token = async (): Promise<string | undefined> => {
    if (tokenFile !== undefined) {
      const text = await tokenFile.text().catch((error: unknown) => {
        if (user.token === undefined) throw error;
        return user.token;
      });
      return text.trim();
    }
    return user.token ?? (user.basic === undefined ? (await plugin?.get())?.token : undefined);
  };
  return {
    headers: async () => {
      const bearer = await token();
      if (bearer !== undefined) return { ...impersonation, authorization: `Bearer ${bearer}` };
      if (user.basic === undefined) return impersonation;
      const pair = `${user.basic.username}:${user.basic.password}`;
      return { ...impersonation, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    },
    tls: async () => {
      const own = cert === undefined ? (await plugin?.get())?.certificate : undefined;
      return { ca: await ca?.text(), cert: own?.cert ?? (await cert?.text()), key: own?.key ?? (await key?.text()) };
    },
    refresh: () => {
      for (const file of [tokenFile, cert, key]) file?.expire();
      plugin?.expire();
      return plugin !== undefined || tokenFile !== undefined;
    },
  };
}

function impersonationHeaders({ impersonate }: UserConfig): Readonly<Record<string, string | string[]>> {
  if (impersonate === undefined) return {};
  const { user, uid, groups, extra } = impersonate;
  const extras = Object.entries(extra).map(([name, values]) => {
    return [`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`, [...values]] as const;
  });
  return {
    'impersonate-user': user,
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(extras),
  };
}

interface CachedExec {
  readonly get: () => Promise<ExecCredential>;
  readonly expire: () => void;
}

/** Runs the plugin when there is no credential or it has expired; whoever asks meanwhile waits for the same run. */
function cachedExec(exec: ExecConfig, run: (exec: ExecConfig) => Promise<ExecCredential>, clock: Clock): CachedExec {
  let known: ExecCredential | undefined;
  let running: Promise<ExecCredential> | undefined;
  return {
    get: () => {
      if (running !== undefined) return running;
      const fresh = known !== undefined && (known.expiresAt === undefined || known.expiresAt > clock.date().getTime());
      if (known !== undefined && fresh) return Promise.resolve(known);
      running = run(exec)
        .then((credential) => (known = credential))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    expire: () => {
      known = undefined;
    },
  };
}
