import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { print, printJson } from './output.ts'
import { pageServer } from './page-server.ts'
import { readInput } from './read-input.ts'

const HELP = `guestmem page [FILE] [--port N] [--json]

  Serves a page on this machine alone, and prints its address: paste an \`info mtree\` or drop a machine's JSON and see the map,
  click an address and see who answers and why; watch the stores of copies land one by one, with the guest that breaks;
  run the races in the browser's own engine. FILE is shown at once. The page's files are in dist/page of the package, and
  work from any static host, but for the races, which need the headers that are set here.

  --port N  the port; a free one unless said
  --json    the address as data

  Runs until it is interrupted, and ends with 0 then, ${ENDS}.
`

/** Beside the command, in the package. */
const FOLDER = new URL('./page/', import.meta.url)

/** `guestmem page` */
export const pageCommand: Command = {
  summary: 'serves a page on this machine: maps, stores step by step, races in a browser',
  help: HELP,
  options: { port: { type: 'string' }, json: { type: 'boolean' } },
  operands: ['[FILE]'],
  async run(given: Given): Promise<number> {
    const port = portOf(textOf(given, 'port'))
    const [path] = given.operands
    const machine = path === undefined ? undefined : await readInput(path)
    if (!existsSync(FOLDER)) throw new Error(`the page is not there: ${FOLDER.pathname}`)
    const server = pageServer(FOLDER, machine).listen(port, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${machine === undefined ? '' : '?machine'}`
    if (given.values.json) printJson({ url })
    else print(`${url} is the page, until you interrupt this (Ctrl+C).`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    server.closeAllConnections()
    server.close()
    return EXIT.ok
  },
}

/** @throws Misuse */
function portOf(text: string | undefined): number {
  const port = text === undefined ? 0 : Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && text !== '') return port
  throw new Misuse(`--port must be a number from 0 to 65535, got ${JSON.stringify(text)}`)
}
