// A provider made of panva's oidc-provider. The tests start it; its configuration is in the environment:
// PORT, TTL (seconds of an access token), NONCE (1: DPoP proofs need a nonce) and JWKS (the public key of a client).
import { Provider } from 'oidc-provider';

import { Adapter } from './adapter.mjs';

const { PORT, TTL = '4', NONCE, JWKS } = process.env;
const ttl = Number(TTL);
const common = {
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', 'client_credentials'],
  response_types: ['code'],
};
const publicGrants = { grant_types: common.grant_types.filter((g) => g !== 'client_credentials') };
const clients = [
  { ...common, client_id: 'public', token_endpoint_auth_method: 'none', ...publicGrants },
  { ...common, client_id: 'basic', client_secret: 's3cr+t/ %&=:~', token_endpoint_auth_method: 'client_secret_basic' },
  { ...common, client_id: 'post', client_secret: 's3cr+t/ %&=:~', token_endpoint_auth_method: 'client_secret_post' },
  { ...common, client_id: 'dpop', client_secret: 'dpop-secret', dpop_bound_access_tokens: true },
  { ...common, client_id: 'dpop-public', token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true, ...publicGrants },
];
if (JWKS) {
  clients.push({ ...common, client_id: 'pkjwt', token_endpoint_auth_method: 'private_key_jwt', jwks: JSON.parse(JWKS) });
}
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: Adapter,
  clients,
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    userinfo: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true, ...(NONCE === '1' ? { nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true } : {}) },
  },
  ttl: {
    AccessToken: ttl, RefreshToken: 3600, IdToken: 300, Session: 3600, Grant: 3600, Interaction: 600,
    AuthorizationCode: 60, DeviceCode: 600, ClientCredentials: ttl,
  },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  clockTolerance: 0, // by default, an expired token is accepted for 15 s
  cookies: { keys: ['of-the-tests'] },
});
provider.on('server_error', (ctx, err) => console.error('server_error', err));
provider.on('grant.error', (ctx, err) => console.error('grant.error', err.error, err.error_description, err.error_detail));
provider.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
