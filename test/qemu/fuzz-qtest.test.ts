import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { serveQtest } from 'guestmem/qemu'
import { expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'
import { textMutations } from '../support/mutations.ts'

/** RAM, registers that throw at times, ports: whatever is asked of it, it answers. */
function machine() {
  const memory = MemoryRegion.container('memory', 2 ** 64)
  memory.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(65536).block('ram', 65536)))
  const read = (offset: number) => {
    if (offset === 3) throw new Error('a bug\nin the device\u2028')
    return offset
  }
  memory.addSubregion(
    0x20000,
    MemoryRegion.io('registers', { read, write: offset => void read(offset), valid: { unaligned: true } }, 64),
  )
  const io = MemoryRegion.io('ports', { read: () => 0x12345678, write() {} }, 65536)
  return { memory: new AddressSpace('memory', memory), io: new AddressSpace('io', io) }
}

const REQUESTS = `readb 0x10
readq 0xfffffffffffffffc
writeq 0x100 0x1122334455667788
read 0x20000 64
write 0x200 4 0x01020304
b64write 0x200 3 //79/A==
b64read 0x1fe 5
memset 0x1ff 300 0xaa
inl 0x10
outw 0x20003 0x1234
clock_step 1000
clock_set 0777
irq_intercept_in ioapic
set_irq_in /machine/x name 1 1
endianness
`

const ANSWER = /^(?:OK(?: (?:0x[0-9a-f]*|[A-Za-z0-9+/]*=*|little|[0-9]+|no-op: .*))?|FAIL .{1,300})$/

test('a changed conversation has an answer to each request, on one line, and goes on', async () => {
  let failures = 0
  let all = 0
  await fc.assert(
    fc.asyncProperty(textMutations, fc.array(fc.nat(400), { maxLength: 6 }), async (mutate, cuts) => {
      const text = `${mutate(REQUESTS)}\nendianness\n`
      const bytes = new TextEncoder().encode(text)
      const input = async function* () {
        let start = 0
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          yield bytes.subarray(start, Math.max(start, cut))
          start = Math.max(start, cut)
        }
        yield bytes.subarray(start)
      }
      const answers: string[] = []
      const write = (answer: string) => void answers.push(answer)
      await serveQtest({ [Symbol.asyncIterator]: input, write }, machine())
      const requests = text.split('\n').filter(line => line.trim() !== '')
      expect(answers).toHaveLength(requests.length)
      expect(answers.find(answer => !answer.endsWith('\n') || !ANSWER.test(answer.slice(0, -1)))).toBeUndefined()
      expect(answers.at(-1)).toBe('OK little\n')
      failures += answers.filter(answer => answer.startsWith('FAIL')).length
      all += answers.length
    }),
    runs(600),
  )
  expect(failures).toBeGreaterThan(10)
  expect(all - failures).toBeGreaterThan(10)
})
