import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { print, printJson } from './output.ts'
import { pageServer } from './page-server.ts'
import { readInput } from './read-input.ts'

const HELP = `guestmem page [FILE] [--ws URL] [--port N] [--json]

  Serves a page on this machine alone, and prints its address: paste an \`info mtree\` or drop a machine's JSON and see the map,
  click an address and see who answers and why; attach to a machine that runs and see its accesses on the map; watch the
  stores of copies land one by one, with the guest that breaks; run the races in the browser's own engine. FILE is shown at once. The page's files are in dist/page of the package, and
  work from any static host, but for the races, which need the headers that are set here.

  --ws URL  the page attaches there at once: a WebSocket where streamTrace of guestmem/trace sends a machine's trace. Without,
            the page may attach to WebSockets of this machine alone, ws://localhost:PORT
  --port N  the port; a free one unless said
  --json    the address as data

  Runs until it is interrupted, and ends with 0 then, ${ENDS}.
`

/** Beside the command, in the package. */
const FOLDER = new URL('./page/', import.meta.url)

/** `guestmem page` */
export const pageCommand: Command = {
  summary: 'serves a page on this machine: maps, machines that run, stores step by step, races in a browser',
  help: HELP,
  options: { ws: { type: 'string' }, port: { type: 'string' }, json: { type: 'boolean' } },
  operands: ['[FILE]'],
  async run(given: Given): Promise<number> {
    const port = portOf(textOf(given, 'port'))
    const socket = socketOf(textOf(given, 'ws'))
    const [path] = given.operands
    const machine = path === undefined ? undefined : await readInput(path)
    if (!existsSync(FOLDER)) throw new Error(`the page is not there: ${FOLDER.pathname}`)
    const server = pageServer(FOLDER, machine, socket).listen(port, '127.0.0.1')
    await once(server, 'listening')
    const query = [
      ...(machine === undefined ? [] : ['machine']),
      ...(socket === undefined ? [] : [`ws=${encodeURIComponent(socket.href)}`]),
    ]
    const asked = query.length > 0 ? `?${query.join('&')}` : ''
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${asked}`
    if (given.values.json) printJson({ url })
    else print(`${url} is the page, until you interrupt this (Ctrl+C).`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    server.closeAllConnections()
    server.close()
    return EXIT.ok
  },
}

/** @throws Misuse */
function socketOf(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  // What stands in a header must be a host that a policy can write.
  const isSocket = url !== undefined && /^wss?:$/.test(url.protocol) && /^[\w.-]+(?::\d+)?$/.test(url.host)
  if (isSocket) return url
  throw new Misuse(`--ws must be an address such as ws://localhost:9229, got ${JSON.stringify(text)}`)
}

/** @throws Misuse */
function portOf(text: string | undefined): number {
  const port = text === undefined ? 0 : Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && text !== '') return port
  throw new Misuse(`--port must be a number from 0 to 65535, got ${JSON.stringify(text)}`)
}
