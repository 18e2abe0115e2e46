/** The endpoints that the API server calls. */
export type Endpoint = 'authn' | 'authz' | 'admit' | 'admit-mut';

/** `/mut-admit` is what the original's webhook proof of concept served; its README says `/admit-mut` (contract: fork §10.1). */
const ROUTES: Readonly<Record<string, Endpoint>> = {
  '/authn': 'authn',
  '/authz': 'authz',
  '/admit': 'admit',
  '/admit-mut': 'admit-mut',
  '/mut-admit': 'admit-mut',
};

/** The endpoint of a request URL; a query (the API server adds `?timeout=10s` to webhook calls) does not matter. */
export function endpointOf(url: string): Endpoint | undefined {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
}
