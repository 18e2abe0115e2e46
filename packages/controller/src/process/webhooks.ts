import { systemClock, type Discovery } from '@ostiary/kube';
import type { Caches } from '../cluster/caches.ts';
import { followCertificate, type ServingCertificate } from '../webhooks/follow-certificate.ts';
import { createScopes, reviewContext } from '../webhooks/lookups.ts';
import { answerReview } from '../webhooks/review.ts';
import { startWebhookServer, type WebhookServer } from '../webhooks/server.ts';
import { messageOf, type ControllerLog } from './log.ts';
import type { ControllerOptions } from './options.ts';

export interface OwnWebhooksOptions {
  readonly caches: Caches;
  readonly discovery: Discovery;
  readonly options: ControllerOptions;
  readonly log: ControllerLog;
  readonly host: string | undefined;
  /** Called once, when they can be called. */
  readonly onListening: () => void;
}

/** The webhooks of our own kinds, from the moment there is a certificate for them. */
export interface OwnWebhooks {
  /** Undefined until they listen. */
  readonly port: () => number | undefined;
  readonly stop: () => Promise<void>;
}

/** Every replica answers them, whoever leads. */
export function startOwnWebhooks(given: OwnWebhooksOptions): OwnWebhooks {
  const { caches, discovery, options, log, host, onListening } = given;
  const onError = (error: unknown): void => log('warn', 'discovery failed', { cause: messageOf(error) });
  const scopes = createScopes(discovery, onError, systemClock);
  const reviews = reviewContext(caches, options.namespace, options.idScheme, scopes);
  let server: WebhookServer | undefined;
  let isStopped = false;

  const serve = async ({ pair, clientCa }: ServingCertificate): Promise<void> => {
    if (isStopped) return;
    if (server !== undefined) return server.replaceCertificate(pair, clientCa);
    server = await startWebhookServer({
      port: options.webhookPort,
      host,
      certificate: pair,
      clientCa,
      answer: (path, body) => answerReview(path, body, reviews),
      log,
    });
    log('info', 'webhooks listen', { port: server.port });
    onListening();
  };
  // One after the other: the second certificate must find the server that the first one started.
  let last = scopes.refresh();
  followCertificate(caches, options.namespace, options.clientCaConfigMap, (certificate) => {
    last = last
      .then(() => serve(certificate))
      .catch((error: unknown) => log('error', 'webhooks can not listen', { cause: messageOf(error) }));
  });
  return {
    port: () => server?.port,
    stop: async () => {
      isStopped = true;
      await last;
      await server?.stop();
    },
  };
}
