import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { streamTrace } from 'guestmem/trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageServer } from '../../src/cli/page-server.ts'
import { installedBrowsers, openIn, type Report } from './browsers.mjs'
import { buildPage, COMMON } from './support/built-page.ts'
import { LiveMachine } from './support/live-machine.ts'
import { type Connection, websocketServer } from './support/websocket-server.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

let dist: string
let folder: string
beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'guestmem-live-'))
  folder = join(dist, 'page')
  await buildPage(folder)
  const entryPoints = [here('support/channel-machine.ts')]
  await build({
    ...COMMON,
    entryPoints,
    outfile: join(dist, 'channel-machine.js'),
    format: 'iife',
    platform: 'browser',
  })
}, 60_000)
afterAll(() => rmSync(dist, { recursive: true }))

async function listening<T>(server: Server, body: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    return await body((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** The page with its driver and the worker, and with a machine that does what the driver says. */
async function drive(
  query: string,
  open: (url: string, report: Promise<Report>) => Promise<Report>,
  act = (_: string) => 0,
): Promise<Report> {
  let deliver: (report: Report) => void = () => {}
  const report = new Promise<Report>(resolve => {
    deliver = resolve
  })
  const inner = pageServer(pathToFileURL(`${folder}/`), undefined)
  const scripts: Readonly<Record<string, string>> = {
    '/live-driver.js': here('live-driver.js'),
    '/channel-machine.js': join(dist, 'channel-machine.js'),
  }
  const server = createServer(async (asked, response) => {
    const path = asked.url?.split('?')[0] ?? ''
    const script = scripts[path]
    if (asked.method === 'POST' || asked.method === 'PUT') {
      const parts: Buffer[] = []
      for await (const part of asked) parts.push(part)
      const body = Buffer.concat(parts).toString()
      response.end(asked.method === 'PUT' ? String(act(body)) : '')
      if (asked.method === 'POST') deliver(JSON.parse(body))
    } else if (script !== undefined) {
      const headers = {
        'Content-Type': 'text/javascript',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }
      response.writeHead(200, headers).end(readFileSync(script))
    } else {
      const end = response.end.bind(response)
      if (path === '/')
        response.end = ((body: Buffer) =>
          end(String(body).replace('</head>', '<script src="live-driver.js" defer></script></head>'))) as never
      inner.emit('request', asked, response)
    }
  })
  return listening(server, port => open(`http://127.0.0.1:${port}/${query}`, report))
}

const BROWSERS = installedBrowsers()

test('a worker’s machine is followed over a channel, in every browser that is installed', async () => {
  // Where none is, that is said, and nothing is claimed.
  if (BROWSERS.length === 0) console.log('no browser is installed: no machine was followed')
  for (const browser of BROWSERS) {
    const report = await drive('?channel=machine', (url, report) => openIn(browser, url, report))
    expect([browser.name, report.failures]).toEqual([browser.name, []])
    expect(report.checks).toBeGreaterThan(35)
  }
}, 600_000)

test('a machine in Node is followed over a WebSocket, and survives what the page does, in every browser', async () => {
  for (const browser of BROWSERS) {
    const machine = new LiveMachine()
    const stream = streamTrace(machine.ring, machine.space, undefined, { interval: 20 })
    let connection: Connection | undefined
    let running: ReturnType<typeof setInterval> | undefined
    const acts: Readonly<Record<string, () => void>> = {
      run() {
        running = setInterval(() => machine.round(), 20)
      },
      halt: () => clearInterval(running),
      burst() {
        for (let i = 0; i < 10_000; i++) machine.round()
      },
      garbage() {
        const texts = ['', 'hello', '[]', '{"guestmem":"trace","version":2,"type":"hello"}', '['.repeat(1e5)]
        for (const text of texts) connection?.send(text)
        connection?.send('x'.repeat(5 * 2 ** 20))
        for (const bytes of [0, 1, 24, 80, 2 ** 23]) connection?.send(new ArrayBuffer(bytes))
      },
      hotAdd: () => machine.hotAdd(),
      breakOff: () => connection?.breakOff(),
      flood() {
        for (let i = 0; i < 2000; i++) connection?.send('flood')
      },
    }
    const act = (name: string) => {
      acts[name]?.()
      return machine.rounds
    }
    const sockets = websocketServer(made => {
      connection = made
      stream.attach(made)
    })
    const report = await listening(sockets, port =>
      drive(`?ws=ws://127.0.0.1:${port}/`, (url, report) => openIn(browser, url, report), act),
    ).finally(() => connection?.breakOff())
    stream.stop()
    expect([browser.name, report.failures]).toEqual([browser.name, []])
    expect(report.checks).toBeGreaterThan(30)
  }
}, 600_000)
