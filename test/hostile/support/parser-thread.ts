import { parentPort } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from '../../../src/index.ts'
import {
  flatViewToSvg,
  formatFlatView,
  formatMtree,
  machineFromJson,
  machineFromMtree,
  replayAccess,
  serveQtest,
} from '../../../src/qemu/qemu.ts'
import { cacheModesFromSmaps, parseRegionInfo } from '../../../src/vfio/vfio.ts'
import type { Outcome, ParserName } from './parser-guard.ts'

// Runs in a thread of its own, which can be ended when it takes too long, and has so much memory and no more.

const XML_FORBIDS = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const LISTED = /^(?:address-space: .*|memory-region: .*| *[0-9a-f]{16}-[0-9a-f]{16} \(prio -?\d+, [a-z/-]+\): .*|)$/

/** A file may have thousands of spaces that all show the same: what is printed is no longer of a size that the file explains. */
const MOST_PRINTED = 50

/** What is printed of a machine can be read again by what reads such things. */
function print(spaces: readonly AddressSpace[]): string {
  for (const line of formatMtree(spaces, { disabled: true }).split('\n'))
    if (!LISTED.test(line)) return `a line of the listing is none: ${JSON.stringify(line.slice(0, 80))}`
  for (const space of spaces.slice(0, MOST_PRINTED)) {
    const { ranges } = space.view
    const lines = formatFlatView(space).split('\n').length
    if (lines < ranges.length) return `${lines} lines for ${ranges.length} ranges`
    const forbidden = XML_FORBIDS.exec(flatViewToSvg(space))
    if (forbidden !== null) return `an SVG has ${JSON.stringify(forbidden[0])} in it, and is no XML`
  }
  return ''
}

/** The spaces go when they are not needed: all of a thread's are looked at when a map changes. */
function printAndDestroy(spaces: readonly AddressSpace[]): string {
  try {
    return print(spaces)
  } finally {
    for (const space of spaces) space.destroy()
  }
}

function board(): AddressSpace {
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 65536)))
  root.addSubregion(0x10000, MemoryRegion.io('io', { read: offset => offset, write: () => undefined }, 4096))
  return new AddressSpace('space', root)
}

const ram = GuestRam.allocate(65536)
const memory = board()

/** Serves what a client sends, in pieces of so many characters. @returns What is wrong with the answers. */
async function qtest(text: string, piece: number): Promise<string> {
  const answers: string[] = []
  const stream = {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < text.length; at += piece) yield text.slice(at, at + piece)
    },
    write: (answer: string) => answers.push(answer),
  }
  await serveQtest(stream, { memory })
  const wrong = answers
    .join('')
    .split('\n')
    .find(line => line !== '' && !/^(?:OK|FAIL)(?: |$)/.test(line))
  return wrong === undefined ? '' : `an answer is ${JSON.stringify(wrong.slice(0, 80))}`
}

const PARSERS: Readonly<Record<ParserName, (input: never) => string | Promise<string>>> = {
  mtree: (text: string) => printAndDestroy(machineFromMtree(text).spaces),
  json: (text: string) => printAndDestroy(machineFromJson(text).spaces),
  replay: (text: string) => {
    replayAccess(text)
    return ''
  },
  qtest: ({ text, piece }: { text: string; piece: number }) => qtest(text, piece),
  smaps: (text: string) => {
    cacheModesFromSmaps(text, { host: 'aarch64' })
    cacheModesFromSmaps(text, { host: 'x86-64' })
    return ''
  },
  regionInfo: (bytes: Uint8Array) => {
    parseRegionInfo(bytes, { cacheModeCapability: 0x4d })
    return ''
  },
}

parentPort?.on('message', async ({ parser, input }: { parser: ParserName; input: never }) => {
  let outcome: Outcome
  try {
    outcome = { fault: await PARSERS[parser](input) }
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    outcome = { thrown: name, message: message.slice(0, 2000), length: message.length }
  }
  parentPort?.postMessage(outcome)
})

// It is ready: what it took to start is none of an input's.
parentPort?.postMessage({ fault: '' } satisfies Outcome)
