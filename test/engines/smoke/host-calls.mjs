import { everyRam, spaceOver } from './ram.mjs'

const SIDE = 8
const BYTES = 4 * SIDE * SIDE
/** Where it begins in the block: unaligned, as a guest's buffer may be. */
const AT = 0x103

// Printable, so that it is text as well.
const TEXT = Array.from({ length: BYTES }, (_, i) => String.fromCharCode(32 + ((i * 7) % 90))).join('')
const GIVEN = Uint8Array.from(TEXT, character => character.charCodeAt(0))
const has = name => globalThis[name] !== undefined

/**
 * Calls that refuse views of shared memory, or may: each is given an array of the user's own, which `copyOut` has filled
 * from RAM. A call that this engine lacks is left out.
 */
const GIVING = {
  TextDecoder: copyOut => new TextEncoder().encode(new TextDecoder().decode(filled(copyOut))),
  Blob: async copyOut => new Uint8Array(await new Blob([filled(copyOut)]).arrayBuffer()),
  Response: async copyOut => new Uint8Array(await new Response(filled(copyOut)).arrayBuffer()),
  ImageData(copyOut) {
    const pixels = new ImageData(SIDE, SIDE)
    copyOut(new Uint8Array(pixels.data.buffer))
    return new Uint8Array(pixels.data)
  },
  AudioBuffer(copyOut) {
    const audio = new AudioBuffer({ length: BYTES / 4, sampleRate: 44_100 })
    audio.copyToChannel(new Float32Array(filled(copyOut).buffer), 0)
    return new Uint8Array(audio.getChannelData(0).buffer)
  },
}

function filled(copyOut) {
  const own = new Uint8Array(BYTES)
  copyOut(own)
  return own
}

/** The other way: the call fills an array of the user's own, and `copyIn` puts it into RAM. */
const TAKING = {
  'TextEncoder.encodeInto': () => {
    const own = new Uint8Array(BYTES)
    new TextEncoder().encodeInto(TEXT, own)
    return own
  },
  'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(BYTES)),
  'Blob.arrayBuffer': async () => new Uint8Array(await new Blob([GIVEN]).arrayBuffer()),
}

async function one(checks, guestmem, kind, ram) {
  const { ramCopy, ramFill } = guestmem
  const block = ram.block('ram', 8192)
  const memory = spaceOver(guestmem, block)
  const waysOut = {
    ramCopy: own => ramCopy(own, 0, block, AT, own.length),
    'AddressSpace.read': own => memory.read(AT, own),
  }
  const waysIn = {
    ramCopy: own => ramCopy(block, AT, own, 0, own.length),
    'AddressSpace.write': own => memory.write(AT, own),
  }

  memory.write(AT, GIVEN)
  for (const [way, copyOut] of Object.entries(waysOut)) {
    for (const [call, act] of Object.entries(GIVING)) {
      if (!has(call)) continue
      checks.bytes(`${kind}, ${call} by ${way}`, await act(copyOut), GIVEN)
    }
    if (has('crypto') && crypto.subtle !== undefined) {
      const digest = async bytes => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      checks.bytes(`${kind}, a digest by ${way}`, await digest(filled(copyOut)), await digest(GIVEN))
    }
  }
  for (const [way, copyIn] of Object.entries(waysIn)) {
    for (const [call, act] of Object.entries(TAKING)) {
      const own = await act()
      ramFill(block, 0, 0, block.size)
      copyIn(own)
      checks.bytes(`${kind}, ${call} by ${way}`, block.view(AT, BYTES), own)
      checks.same(
        `${kind}, ${call} gave something`,
        own.some(byte => byte !== 0),
        true,
      )
    }
  }
}

/** What a browser's own calls take (docs/MEMORY.md), on both kinds of memory. */
export async function hostCalls(checks, guestmem) {
  for (const [kind, ram] of everyRam(guestmem, 65_536)) await one(checks, guestmem, kind, ram)
}
