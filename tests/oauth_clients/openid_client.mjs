// Every flow of weir auth through openid-client, as an application would use it.
import * as client from 'openid-client'
import { converse, hear, say } from './conversation.mjs'

const insecure = { execute: [client.allowInsecureRequests] }

converse(async ({ issuer, service, app, device, redirect, scope }) => {
  const asService = await client.discovery(
    new URL(issuer), service.id, undefined, client.ClientSecretBasic(service.secret), insecure,
  )
  const own = await client.clientCredentialsGrant(asService, { scope })
  say({ client_credentials: own })

  const asApp = await client.discovery(new URL(issuer), app.id, undefined, client.None(), insecure)
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const address = client.buildAuthorizationUrl(asApp, {
    redirect_uri: redirect,
    scope: `openid profile ${scope}`,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  say({ open: address.href })
  const { callback } = await hear()
  const tokens = await client.authorizationCodeGrant(asApp, new URL(callback), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  })
  const { sub } = tokens.claims()
  say({ authorization_code: tokens, sub, userinfo: await client.fetchUserInfo(asApp, tokens.access_token, sub) })

  const fresh = await client.refreshTokenGrant(asApp, tokens.refresh_token)
  say({ refresh: fresh, rotated: fresh.refresh_token !== tokens.refresh_token })

  const asDevice = await client.discovery(new URL(issuer), device.id, undefined, client.None(), insecure)
  const asked = await client.initiateDeviceAuthorization(asDevice, { scope })
  say({ device: asked })
  say({ device_code: await client.pollDeviceAuthorizationGrant(asDevice, asked) })

  say({ active: await client.tokenIntrospection(asService, own.access_token) })
  await client.tokenRevocation(asService, own.access_token)
  say({ revoked: await client.tokenIntrospection(asService, own.access_token) })
})
