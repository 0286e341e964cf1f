import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { saveMachine } from 'guestmem/snapshot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFiles, type Files } from '../litmus/files.ts'
import { runFile, runWith } from './run.ts'

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

const run = (...args: string[]) => runFile(files.command, 'snapshot', ...args)
const path = (name: string) => join(files.folder, name)

async function save(): Promise<Buffer> {
  const block = GuestRam.allocate(65_536).block('main memory', 65_536)
  const root = MemoryRegion.container('system', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  const space = new AddressSpace('cpu', root, { endian: 'big' })
  space.store32(0x1000, 1)
  space.store32(0x3000, 1)
  const devices = { uart: { save: () => 5, load: () => {} } }
  return Buffer.from(await new Response(saveMachine(space, { devices })).arrayBuffer())
}

test('guestmem snapshot says what is in a file, also in what comes by the standard input', async () => {
  const bytes = await save()
  writeFileSync(path('machine'), bytes)
  const { code, out } = run(path('machine'))
  expect(code).toBe(0)
  expect(out).toMatch(/^a base; id [0-9a-f]{32}, format 1, \d+ bytes, all checksums right\n/)
  expect(out).toContain('\nspaces:  cpu (big-endian)\nregions: 2 (1 container, 1 ram)\n')
  expect(out).toContain('\nblock    main memory: 65536 bytes, of which 4096 are here; 1 pages more as others, 0 zero\n')
  expect(out).toContain('\ndevice   uart: 9 bytes\n')
  expect(runWith({ input: bytes }, files.command, 'snapshot', '-').out).toBe(out)
  expect(JSON.parse(run(path('machine'), '--json').out)).toMatchObject({
    bytes: bytes.length,
    devices: [{ name: 'uart', bytes: 9 }],
  })
})

test('it says where a file is damaged, and that there is none', async () => {
  const file = await save()
  file[300] = (file[300] as number) ^ 1
  writeFileSync(path('damaged'), file)
  const { code, out, err } = run(path('damaged'))
  expect({ code, out }).toEqual({ code: 4, out: '' })
  expect(err).toMatch(/^guestmem: at byte \d+, chunk \d+ \(\w+\): the checksum/)
  expect(run(path('nowhere'))).toMatchObject({ code: 4, err: expect.stringMatching(/ENOENT/) })
})
