import fc from 'fast-check'
import { cacheModeOfArm64Page, cacheModeOfX86Page, cacheModesFromSmaps, type SmapsMapping } from 'guestmem/vfio'
import { expect, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { textMutations } from '../support/mutations.ts'

/** As /proc/<pid>/smaps of a VMM has it, with the line that a patched kernel adds. */
const DUMP = `aaaad5a00000-aaaad6c00000 r-xp 00000000 fd:01 1835223                    /usr/bin/qemu-system-aarch64
Size:              18432 kB
KernelPageSize:        4 kB
Rss:                9216 kB
VmFlags: rd ex mr mw me
vm_page_prot: 0x00e0000000000fd3
ffff6c000000-ffff6d000000 rw-s 00000000 00:0f 1045                       anon_inode:[vfio-device]
Size:              16384 kB
VmFlags: rd wr sh mr mw me ms pf io de dd
vm_page_prot: 0x0068000000000fd3
fffe00000000-ffff00000000 rw-s 40000000000 00:0f 1045                    /dev/vfio/devices/vfio0
VmFlags: rd wr sh mr mw me ms pf io de dd
vm_page_prot: 68000000000fcb
ffffa0000000-ffffa0021000 rw-p 00000000 00:00 0
THPeligible:    0
ProtectionKey:  0
`

const LINE =
  /^line \d+ of text must (?:be a mapping or a field of one|end behind its start|give vm_page_prot in hexadecimal), got "/

function checkMapping({ start, end, pageProtection, cacheMode, flags }: SmapsMapping, host: string): void {
  expect(start).toBeLessThan(end)
  expect(flags.every(flag => !/\s/.test(flag))).toBe(true)
  if (pageProtection === undefined) expect(cacheMode).toBeUndefined()
  else expect(cacheMode).toBe((host === 'aarch64' ? cacheModeOfArm64Page : cacheModeOfX86Page)(pageProtection))
}

test('a changed dump is mappings, or refused by its line', async () => {
  const ends = { mappings: 0, refused: 0 }
  await pursue({
    name: 'smaps',
    count: 4000,
    property: fc.property(textMutations, fc.constantFrom('aarch64' as const, 'x86-64' as const), (mutate, host) => {
      const text = mutate(DUMP)
      try {
        const mappings = cacheModesFromSmaps(text, { host })
        expect(mappings.length).toBeLessThanOrEqual(text.split('\n').length)
        for (const mapping of mappings) checkMapping(mapping, host)
        ends.mappings++
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        expect(error.message).toMatch(LINE)
        expect(error.message.length).toBeLessThan(600)
        ends.refused++
      }
    }),
  })
  expect(ends.mappings).toBeGreaterThan(10)
  expect(ends.refused).toBeGreaterThan(10)
})
