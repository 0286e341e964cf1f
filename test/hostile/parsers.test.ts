import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { CACHE_MODE_ID, cacheMode, write } from '../vfio/writer.ts'
import { mutatedJson, stretchedTrace } from './support/json-mutations.ts'
import { type Mutated, mutated } from './support/mutations.ts'
import { ParserGuard, type ParserName } from './support/parser-guard.ts'
import { pursueSeeded } from './support/seeded.ts'

const guard = new ParserGuard()
afterAll(() => guard.close())

function fixture(path: string): string {
  return gunzipSync(readFileSync(fileURLToPath(new URL(`../fixtures/qemu/${path}.gz`, import.meta.url)))).toString(
    'utf8',
  )
}

const MTREE = [
  'monitor/sparc-SS-4.mtree.txt',
  'monitor/x86_64-pc.mtree.txt',
  'monitor/x86_64-q35+viommu.mtree.txt',
].map(fixture)
// Over lines, so that mutations of lines are of its fields.
const MAPS = ['maps/m68k-an5206.json', 'maps/mips64-mipssim.json'].map(path =>
  JSON.stringify(JSON.parse(fixture(path)), null, 1),
)
const TRACES = ['access/s390x-s390-ccw-virtio.json', 'access/or1k-or1k-sim.json'].map(path =>
  JSON.stringify(JSON.parse(fixture(path)), null, 1),
)
const QTEST = fixture('qtest/x86_64-pc-pam.log')
  .split('\n')
  .filter(line => line.startsWith('> '))
  .map(line => line.slice(2))
  .concat(
    'writel 0x10000 5',
    'write 0 4 0x01020304',
    'read 0 64',
    'b64read 0 64',
    'b64write 0 3 AAAA',
    'memset 0 4096 0xff',
  )
  .concat('clock_step 100', 'clock_set 2000', 'endianness', 'readq 0xfff0', '')
  .join('\n')
const SMAPS = `aaaad5a30000-aaaad6b8c000 r-xp 00000000 103:02 5505331                   /usr/bin/qemu-system-aarch64
Size:              17776 kB
Rss:               12148 kB
VmFlags: rd ex mr mw me
vm_page_prot: 0x00200000000007c3
ffff6c000000-ffff6d000000 rw-s 00000000 00:0f 1038                       anon_inode:[vfio-device]
VmFlags: rd wr sh mr mw me ms pf io de dd
vm_page_prot: 0x0068000000000fd3
ffff64000000-ffff65000000 rw-s 40000000000 00:0f 1038 /dev/vfio/devices/vfio0
vm_page_prot: 68000000000fcb
`

describe('a file that was changed is a value or a documented error, in a time and a memory that its size explains', () => {
  const files: [ParserName, string, number, fc.Arbitrary<Mutated>, (mutated: Mutated) => unknown][] = [
    ['mtree', '', 100, mutated(MTREE), ({ text }) => text],
    ['json', '', 100, mutatedJson(MAPS), ({ text }) => text],
    ['replay', '', 200, mutatedJson(TRACES), ({ text }) => text],
    ['replay', 'of other lengths', 30, stretchedTrace(TRACES[0] as string), ({ text }) => text],
    ['smaps', '', 100, mutated([SMAPS]), ({ text }) => text],
    ['qtest', '', 100, mutated([QTEST]), ({ text, done }) => ({ text, piece: done.length % 2 === 0 ? 65536 : 7000 })],
  ]
  test.each(files)('%s %s', (parser, what, count, changed, input) =>
    pursueSeeded({
      name: `${parser} ${what}`,
      count,
      property: fc.asyncProperty(changed, async file => {
        expect(await guard.parse(parser, input(file))).toBeUndefined()
      }),
      unshrunk: true,
    }),
  )

  const INFOS = [
    write({ size: 0x10000n, capabilities: [{ sparse: [{ offset: 0n, size: 4096n }] }, { msix: true }, cacheMode(2)] }),
    write(
      {
        size: 2n ** 40n,
        capabilities: [
          { type: 1, subtype: 2 },
          { id: CACHE_MODE_ID, body: [1, 2, 3] },
        ],
      },
      'big',
    ),
  ]
  const change = fc.tuple(
    fc.nat(4096),
    fc.constantFrom(0, 1, 8, 32, 0x7f, 0x80, 0xff),
    fc.constantFrom('set' as const, 'cut' as const, 'double' as const),
  )
  const bytes = fc
    .tuple(fc.constantFrom(...INFOS), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([base, changes]) => changes.reduce(changedBytes, base))
  test('regionInfo', () =>
    pursueSeeded({
      name: 'regionInfo',
      count: 400,
      property: fc.asyncProperty(bytes, async info => {
        expect(await guard.parse('regionInfo', info)).toBeUndefined()
      }),
    }))
})

type ByteChange = readonly [where: number, value: number, how: 'set' | 'cut' | 'double']

function changedBytes(bytes: Uint8Array, [where, value, how]: ByteChange): Uint8Array {
  const at = where % (bytes.length + 1)
  if (how === 'set') return bytes.map((byte, index) => (index === at ? value : byte))
  if (how === 'cut') return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + (value & 15)))
  return Uint8Array.of(...bytes.subarray(0, at), ...bytes)
}
