import * as guestmem from 'guestmem'
import * as snapshot from 'guestmem/snapshot'
import { describe, expect, it } from 'vitest'
import { answer } from './engines/smoke/answer.mjs'
import { type SmokeEnv, smoke } from './engines/smoke.mjs'

type Module = typeof guestmem

const sameThread = (module: Module) => ({ spawn: async (handle: unknown) => answer(module, handle), snapshot })
const failuresOf = async (module: Module, more: Partial<SmokeEnv> = {}): Promise<string[]> =>
  (await smoke(module, { ...sameThread(module), ...more })).failures

describe('the smoke suite', () => {
  it('passes on the source', async () => {
    expect(await failuresOf(guestmem)).toEqual([])
  })

  const broken: [string, Partial<Module>, RegExp][] = [
    [
      'a write that forgets its last byte',
      {
        AddressSpace: class extends guestmem.AddressSpace {
          override write(...[address, bytes, ...rest]: Parameters<guestmem.AddressSpace['write']>) {
            return super.write(address, bytes.subarray(0, Math.max(1, bytes.length - 1)), ...rest)
          }
        },
      },
      /^wasm lane, host order, ordered, 2 bytes, destination \+ 0/,
    ],
    [
      'a failing read that leaves the buffer as it was',
      {
        AddressSpace: class extends guestmem.AddressSpace {
          override read(...[address, bytes, ...rest]: Parameters<guestmem.AddressSpace['read']>) {
            const before = bytes.slice()
            const result = super.read(address, bytes, ...rest)
            if (result !== guestmem.MemTxResult.OK) bytes.set(before)
            return result
          }
        },
      },
      /^no stale byte is left/,
    ],
    [
      'a space that is always little-endian',
      {
        AddressSpace: class extends guestmem.AddressSpace {
          constructor(name: string, root: guestmem.MemoryRegion) {
            super(name, root)
          }
        },
      },
      /^wasm lane, host order, big, store16/,
    ],
    [
      'a thread that gets other memory',
      {
        GuestRam: {
          allocate: guestmem.GuestRam.allocate,
          wrap: guestmem.GuestRam.wrap,
          attach() {
            const other = guestmem.GuestRam.allocate(128 * 1024)
            other.block('ram', 64 * 1024)
            return other
          },
        } as unknown as Module['GuestRam'],
      },
      /^wasm lane, host order, what the other thread read/,
    ],
    [
      'memory that is not followed when it grows',
      {
        GuestRam: {
          allocate: guestmem.GuestRam.allocate,
          attach: guestmem.GuestRam.attach,
          wrap: (source: WebAssembly.Memory | ArrayBuffer, options: guestmem.WrapOptions) =>
            guestmem.GuestRam.wrap('buffer' in source ? source.buffer : source, options),
        } as unknown as Module['GuestRam'],
      },
      /^memory that grew, store8, 1|^growth: threw/,
    ],
    [
      'a copy to an array that is another one',
      {
        ramCopy(...[dst, ...rest]: Parameters<Module['ramCopy']>) {
          guestmem.ramCopy(dst instanceof Uint8Array ? dst.slice() : dst, ...rest)
        },
      },
      /^private RAM, TextDecoder by ramCopy/,
    ],
  ]
  it.each(broken)('notices %s', async (_, part, failure) => {
    expect(await failuresOf({ ...guestmem, ...part } as Module)).toContainEqual(expect.stringMatching(failure))
  })

  const brokenDoors: [string, Partial<typeof snapshot>, RegExp][] = [
    ['a restore that does nothing', { restoreMachine: async () => {} }, /^memory restored from a Blob/],
    [
      'a restore that takes what is damaged',
      { restoreMachine: (spaces, source, options) => snapshot.restoreMachine(spaces, source, options).catch(() => {}) },
      /^a damaged file is refused/,
    ],
    [
      'a checkpoint that does not go back',
      { checkpoint: () => ({ rollback: () => 2, dispose() {} }) as unknown as snapshot.Checkpoint },
      /^a page after a rollback/,
    ],
  ]
  it.each(brokenDoors)('notices %s', async (_, part, failure) => {
    const env = { snapshot: { ...snapshot, ...part } as typeof snapshot }
    expect(await failuresOf(guestmem, env)).toContainEqual(expect.stringMatching(failure))
  })
})
