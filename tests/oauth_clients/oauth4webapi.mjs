// Every flow of weir auth through oauth4webapi, which checks each answer by the letter of its RFC.
import * as oauth from 'oauth4webapi'
import { converse, hear, say } from './conversation.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }

converse(async ({ issuer, service, app, device, redirect, scope }) => {
  const url = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(
    url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }),
  )
  const asService = { client_id: service.id }
  const secret = oauth.ClientSecretPost(service.secret)
  const own = await oauth.processClientCredentialsResponse(
    server, asService,
    await oauth.clientCredentialsGrantRequest(server, asService, secret, new URLSearchParams({ scope }), insecure),
  )
  say({ client_credentials: own })

  const asApp = { client_id: app.id }
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const address = new URL(server.authorization_endpoint)
  address.search = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: redirect,
    scope: `openid profile ${scope}`,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  say({ open: address.href })
  const { callback } = await hear()
  const parameters = oauth.validateAuthResponse(server, asApp, new URL(callback), state)
  const tokens = await oauth.processAuthorizationCodeResponse(
    server, asApp,
    await oauth.authorizationCodeGrantRequest(server, asApp, oauth.None(), parameters, redirect, verifier, insecure),
    { expectedNonce: nonce, requireIdToken: true },
  )
  const { sub } = oauth.getValidatedIdTokenClaims(tokens)
  const userinfo = await oauth.processUserInfoResponse(
    server, asApp, sub, await oauth.userInfoRequest(server, asApp, tokens.access_token, insecure),
  )
  say({ authorization_code: tokens, sub, userinfo })

  const fresh = await oauth.processRefreshTokenResponse(
    server, asApp,
    await oauth.refreshTokenGrantRequest(server, asApp, oauth.None(), tokens.refresh_token, insecure),
  )
  say({ refresh: fresh, rotated: fresh.refresh_token !== tokens.refresh_token })

  const asDevice = { client_id: device.id }
  const asked = await oauth.processDeviceAuthorizationResponse(
    server, asDevice,
    await oauth.deviceAuthorizationRequest(server, asDevice, oauth.None(), new URLSearchParams({ scope }), insecure),
  )
  say({ device: asked })
  await hear()
  say({
    device_code: await oauth.processDeviceCodeResponse(
      server, asDevice,
      await oauth.deviceCodeGrantRequest(server, asDevice, oauth.None(), asked.device_code, insecure),
    ),
  })

  say({ active: await introspected(server, asService, secret, own.access_token) })
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, asService, secret, own.access_token, insecure),
  )
  say({ revoked: await introspected(server, asService, secret, own.access_token) })
})

async function introspected(server, client, secret, token) {
  return oauth.processIntrospectionResponse(
    server, client, await oauth.introspectionRequest(server, client, secret, token, insecure),
  )
}
