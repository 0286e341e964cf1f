import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { GuestRam } from 'guestmem'
import { expect, test } from 'vitest'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** A program as one module, with the library in it as it is in src. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`support/${program}`, import.meta.url))],
    alias: {
      guestmem: `${PROJECT}src/index.ts`,
      ...Object.fromEntries(
        ['litmus', 'qemu', 'threads', 'vfio'].map(door => [`guestmem/${door}`, `${PROJECT}src/${door}/${door}.ts`]),
      ),
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}

/** What a program prints that is run as a process of its own. */
async function printed(program: string, argument: string): Promise<unknown> {
  const input = await bundle(program)
  const output = execFileSync(process.execPath, ['--input-type=module', '-', argument], { input, encoding: 'utf8' })
  return JSON.parse(output)
}

test.each(['with', 'without'])(
  'a page that is not isolated, %s WebAssembly: private memory, and no look at the name',
  async wasm => {
    expect(await printed('plain-page.mjs', wasm)).toEqual({
      lane: 'engine',
      shared: false,
      order: 'host',
      equal: true,
      word: '44556677',
      device: [4, [[4, 7, 4]]],
      result: true,
      posted: expect.stringContaining('private guest RAM has no handle'),
      refused: expect.stringMatching(/^options\.shared is true, but threads can share no memory here/),
    })
  },
)

test.each([
  ['page', 'a page must be cross-origin isolated', [[7, true], 1]],
  ['place where memory is said to be private', 'function', ['function', 1]],
] as const)('no door looks at the name by itself: a %s', async (realm, litmus, [machine, bar]) => {
  expect(await printed('doors.mjs', realm)).toEqual({
    read: 0x1234_5678,
    dirty: [0, 0x8000],
    wrapped: [false, false],
    machine,
    board: expect.stringMatching(/^ram must be shared: /),
    bar,
    litmus: expect.stringContaining(litmus),
  })
})

test('where threads can share memory it is shared unless it is to be private', () => {
  expect([GuestRam.allocate(8).shared, GuestRam.allocate(8, { shared: 'auto' }).shared]).toEqual([true, true])
  const ram = GuestRam.allocate(5000, { shared: false })
  expect([ram.shared, ram.lane.name, ram.buffer.byteLength]).toEqual([false, 'engine', 5000])
  expect(() => ram.handle).toThrow(/^private guest RAM has no handle/)
  expect(() => structuredClone(ram)).toThrow()
  expect(() => GuestRam.allocate(8, { shared: 1 as never })).toThrow(
    /^options\.shared must be one of auto, true, false, got 1$/,
  )
  expect(() => GuestRam.attach(GuestRam.allocate(8).handle, { shared: false })).toThrow(
    /^options\.shared is false, but the memory is shared$/,
  )
})
