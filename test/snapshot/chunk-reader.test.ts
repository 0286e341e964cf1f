import { expect, test } from 'vitest'
import { pieces } from '../../src/snapshot/byte-source.ts'
import { ChunkReader } from '../../src/snapshot/chunk-reader.ts'
import { ChunkWriter, NO_DIGEST, newId } from '../../src/snapshot/chunk-writer.ts'
import { MAP } from '../../src/snapshot/layout.ts'
import { joined } from './support/streams.ts'

const PAYLOAD = Uint8Array.from({ length: 1000 }, (_, i) => i)
const REVERSED = PAYLOAD.slice().reverse()

function file(): Uint8Array {
  const writer = new ChunkWriter()
  const header = writer.header({ id: newId(), generation: 0, parent: NO_DIGEST, live: false })
  return joined([header, writer.chunk(MAP, PAYLOAD), writer.chunk(MAP, REVERSED), writer.end()])
}

async function payloadsOf(reader: ChunkReader, then: () => void = () => {}): Promise<Uint8Array[]> {
  await reader.header()
  const payloads: Uint8Array[] = []
  for (let i = 0; i < 2; i++) {
    const { payload } = await reader.next()
    then()
    payloads.push(payload.slice())
  }
  return payloads
}

test.each([
  ['in one piece', [5000]],
  ['byte by byte', [1]],
  ['in pieces that end anywhere', [700, 88, 24, 1]],
])('chunks come whole, %s', async (_, lengths) => {
  const bytes = file()
  const list: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; at += lengths[i++ % lengths.length] as number)
    list.push(bytes.slice(at, at + (lengths[i % lengths.length] as number)))
  const reader = new ChunkReader(pieces(list))
  expect(await payloadsOf(reader)).toEqual([PAYLOAD, REVERSED])
  await reader.next()
  await reader.ended()
  expect([reader.bytes, reader.chunks]).toEqual([bytes.length, 3])
})

test('what another thread changes once a chunk was checked changes nothing of it', async () => {
  const bytes = file()
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  const reader = new ChunkReader(pieces([shared]))
  let chunk = 0
  // What follows is still right: only the chunk that was checked is spoilt.
  const spoil = (): void => void shared.fill(0, 64 + 24 + 1024 * chunk, 64 + 1024 * ++chunk)
  expect(await payloadsOf(reader, spoil)).toEqual([PAYLOAD, REVERSED])
})
