import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageServer } from '../../src/cli/page-server.ts'
import { installedBrowsers, openIn, type Report } from './browsers.mjs'
import { buildPage, COMMON } from './support/built-page.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const MACHINE = `address-space: given
  0000000000000000-0000000000000fff (prio 0, ram): ram
`

let dist: string
let folder: string
beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'guestmem-page-'))
  folder = join(dist, 'page')
  await buildPage(folder)
  writeFileSync(join(dist, 'package.json'), '{ "type": "module" }')
  const entryPoints = [here('../../src/cli/main.ts')]
  await build({ ...COMMON, entryPoints, outfile: join(dist, 'cli.js'), format: 'esm', platform: 'node' })
}, 60_000)
afterAll(() => rmSync(dist, { recursive: true }))

const page = () => pageServer(pathToFileURL(`${folder}/`), MACHINE)

async function listening<T>(server: Server, body: (url: string) => Promise<T>): Promise<T> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    return await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** The page's own server, and with it the driver, which the page gets as one more script, and who takes its report. */
async function drive(query: string, open: (url: string, report: Promise<Report>) => Promise<Report>): Promise<Report> {
  let deliver: (report: Report) => void = () => {}
  const report = new Promise<Report>(resolve => {
    deliver = resolve
  })
  const inner = page()
  const server = createServer(async (asked, response) => {
    if (asked.method === 'POST') {
      const parts: Buffer[] = []
      for await (const part of asked) parts.push(part)
      response.writeHead(204).end()
      deliver(JSON.parse(Buffer.concat(parts).toString()))
    } else if (asked.url === '/driver.js') {
      const headers = { 'Content-Type': 'text/javascript', 'Cross-Origin-Resource-Policy': 'same-origin' }
      response.writeHead(200, headers).end(readFileSync(here('driver.js')))
    } else if (asked.url?.split('?')[0] === '/') {
      const end = response.end.bind(response)
      response.end = ((body: Buffer) =>
        end(String(body).replace('</head>', '<script src="driver.js" defer></script></head>'))) as never
      inner.emit('request', asked, response)
    } else inner.emit('request', asked, response)
  })
  return listening(server, url => open(`${url}${query}`, report))
}

const BROWSERS = installedBrowsers()

test('in every browser that is installed the page works as it should, by keyboard, too', async () => {
  // Where none is, that is said, and nothing is claimed.
  if (BROWSERS.length === 0) console.log('no browser is installed: the page was opened in none')
  for (const browser of BROWSERS) {
    const report = await drive('', (url, report) => openIn(browser, url, report))
    expect([browser.name, report.failures]).toEqual([browser.name, []])
    expect(report.checks).toBeGreaterThan(150)
    console.log(`the page in ${browser.name} ${browser.version}: ${report.checks} checks`)
  }
}, 600_000)

test('the machine of the command line is shown', async () => {
  for (const browser of BROWSERS.slice(0, 1)) {
    const report = await drive('?machine&address=0x10', (url, report) => openIn(browser, url, report))
    expect(report).toEqual({ checks: 3, failures: [] })
  }
}, 300_000)

test('opened as a file it works, too', () => {
  const chromium = BROWSERS.find(({ name }) => name === 'chromium')
  if (chromium === undefined) {
    console.log('no chromium is installed: the page was not opened as a file')
    return
  }
  const profile = mkdtempSync(join(tmpdir(), 'guestmem-browser-'))
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ]
  const url = pathToFileURL(join(folder, 'index.html')).href
  const env = { ...process.env, HOME: profile }
  const dom = execFileSync(chromium.path, [...args, '--dump-dom', `${url}#stores`], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 100_000,
  })
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  expect(dom).toMatch(/id="tab-stores"[^>]* aria-selected="true"/)
  expect(dom).toContain('H13: ')
})

describe('guestmem page', () => {
  const start = (...args: string[]) => spawn(process.execPath, [join(dist, 'cli.js'), 'page', ...args])

  test.each([{ args: [] }, { args: ['--json'] }])(
    '$args serves the page until interrupted, and ends with 0',
    async ({ args }) => {
      const file = join(dist, 'machine.txt')
      writeFileSync(file, MACHINE)
      const command = start(file, ...args)
      const [said] = await once(command.stdout, 'data')
      const url = /http:\/\/127\.0\.0\.1:\d+\/\?machine/.exec(String(said))?.[0] ?? ''
      if (args.length > 0) expect(JSON.parse(String(said))).toEqual({ url })
      expect(await (await fetch(new URL('/machine', url))).text()).toBe(MACHINE)
      expect(await (await fetch(url)).text()).toContain('<title>guestmem</title>')
      command.kill('SIGINT')
      expect(await once(command, 'exit')).toEqual([0, null])
    },
  )

  test('attaches to a WebSocket that is given, and allows that one', async () => {
    const command = start('--json', '--ws', 'wss://example.org:8443/trace?x=1')
    const [said] = await once(command.stdout, 'data')
    const { url } = JSON.parse(String(said))
    expect(new URL(url).searchParams.get('ws')).toBe('wss://example.org:8443/trace?x=1')
    const policy = (await fetch(url)).headers.get('content-security-policy')
    expect(policy).toContain("connect-src 'self' ws://localhost:* ws://127.0.0.1:* wss://example.org:8443;")
    command.kill('SIGINT')
    await once(command, 'exit')
    for (const bad of ['http://localhost', 'localhost:80', '', 'ws://[::1]:80', 'ws://a;b/'])
      expect([bad, await once(start('--ws', bad), 'exit')]).toEqual([bad, [3, null]])
  })

  test('of a file that is not there, and at a port that is taken, ends with 4', async () => {
    expect(await once(start(join(dist, 'none.txt')), 'exit')).toEqual([4, null])
    await listening(page(), async url => {
      expect(await once(start('--port', new URL(url).port), 'exit')).toEqual([4, null])
    })
  })
})

describe('the server', () => {
  const get = (url: string, path: string, options: object = {}) =>
    new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const { port } = new URL(url)
      const asked = request({ host: '127.0.0.1', port, path, ...options }, response => {
        let body = ''
        response.on('data', data => (body += data))
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      })
      asked.on('error', reject)
      asked.end()
    })

  test('gives the page isolated, all that it loads, and the machine', async () => {
    await listening(page(), async url => {
      const { status, headers, body } = await get(url, '/')
      expect(status).toBe(200)
      expect(headers['cross-origin-opener-policy']).toBe('same-origin')
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp')
      expect(headers['content-security-policy']).toContain("connect-src 'self' ws://localhost:* ws://127.0.0.1:*;")
      const loads = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
      expect(loads.sort()).toEqual(['page.js', 'style.css'])
      for (const path of loads) expect((await get(url, `/${path}`)).status).toBe(200)
      expect((await get(url, '/machine')).body).toBe(MACHINE)
      await listening(pageServer(pathToFileURL(`${folder}/`), undefined), async bare =>
        expect((await get(bare, '/machine')).status).toBe(404),
      )
    })
  })

  test('gives nothing else, to nobody else', async () => {
    await listening(page(), async url => {
      for (const path of ['/../package.json', '/%2e%2e/package.json', '/page.ts', '/toString', '//', '/style.css/'])
        expect([path, (await get(url, path)).status]).toEqual([path, 404])
      for (const method of ['POST', 'PUT', 'DELETE']) expect((await get(url, '/', { method })).status).toBe(405)
      for (const host of ['example.org', 'localhost.example.org', 'example.org:80', '127.0.0.1.example.org'])
        expect([host, (await get(url, '/', { headers: { host } })).status]).toEqual([host, 403])
      for (const host of ['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:80'])
        expect([host, (await get(url, '/', { headers: { host } })).status]).toEqual([host, 200])
    })
  })
})
