// The real Bluesky services on 127.0.0.1, in memory: `pds` is a personal data server with its directory of identities,
// `network` has the app view besides (search, feeds, pictures; it wants PostgreSQL and Redis). Prints one line of JSON
// when it can be used; ends on SIGTERM.
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import net from 'node:net'

const packages = process.env.BLUESKY_PACKAGES // folder with node_modules
const require = createRequire(join(packages, 'package.json'))
const port = (name, fallback) => Number(process.env[name] || fallback)
const ports = { pds: port('PDS_PORT', 14151), plc: port('PLC_PORT', 14152), view: port('VIEW_PORT', 14153) }
const picturesAt = process.env.VIEW_PUBLIC || `http://localhost:${ports.view}`

// The services listen to all interfaces; here nobody outside is served.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  const numbered = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))
  if (numbered) return listen.call(this, Number(first), '127.0.0.1', ...rest.filter((a) => typeof a === 'function'))
  const given = first && typeof first === 'object' && 'port' in first
  if (given) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  return listen.call(this, first, ...rest)
}

async function network() {
  const { TestNetwork } = require('@atproto/dev-env')
  const all = await TestNetwork.create({
    dbPostgresSchema: 'tests',
    pds: { port: ports.pds, hostname: 'localhost', inviteRequired: false, enableDidDocWithSession: true },
    plc: { port: ports.plc },
    bsky: { port: ports.view, dbPostgresSchema: 'view', publicUrl: picturesAt },
  })
  const urls = { pds: `http://127.0.0.1:${ports.pds}`, view: `http://127.0.0.1:${ports.view}` }
  return { urls, stop: () => all.close() }
}

async function pds() {
  const at = createRequire(require.resolve('@atproto/dev-env'))
  const { PlcServer, Database } = at('@did-plc/server')
  const { PDS, envToCfg, envToSecrets } = at('@atproto/pds')
  const { Secp256k1Keypair } = at('@atproto/crypto')
  const folder = mkdtempSync(join(tmpdir(), 'pds-'))
  const directory = PlcServer.create({ db: Database.mock(), port: ports.plc })
  await directory.start()
  const env = {
    devMode: true, port: ports.pds, hostname: 'localhost', dataDirectory: folder, inviteRequired: false,
    blobstoreDiskLocation: join(folder, 'blobs'), blobstoreDiskTmpLocation: join(folder, 'tmp'),
    didPlcUrl: `http://127.0.0.1:${ports.plc}`, serviceHandleDomains: ['.test'], disableSsrfProtection: true,
    recoveryDidKey: (await Secp256k1Keypair.create()).did(), rateLimitsEnabled: process.env.RATE_LIMITS === '1',
    jwtSecret: randomBytes(16).toString('hex'), adminPassword: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    bskyAppViewUrl: 'http://127.0.0.1:9', bskyAppViewDid: 'did:example:nobody',
  }
  const server = await PDS.create(envToCfg(env), envToSecrets(env))
  await server.start()
  const stop = async () => {
    await server.destroy()
    await directory.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
  return { urls: { pds: `http://127.0.0.1:${ports.pds}` }, stop }
}

const running = await (process.argv[2] === 'network' ? network() : pds())
console.log('READY ' + JSON.stringify(running.urls))
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    await running.stop().catch(() => undefined)
    process.exit(0)
  })
}
