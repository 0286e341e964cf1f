import fc from 'fast-check'
import { MemTxAttrs } from 'guestmem'
import { expect, test } from 'vitest'
import { piecesOf } from '../../src/transfer/copy-pieces.ts'
import { copyPieces } from '../../src/transfer/guest-copy.ts'
import { pursue } from '../support/campaign.ts'
import { copyBoard, copyWorlds, KINDS } from './support/copy-board.ts'

const ATTRS = [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED, MemTxAttrs.of({ memory: true })]
const place = fc.nat(1200)
/** Nothing of it calls handlers. */
const PASSIVE = KINDS.filter(kind => !['io', 'unaligned io', 'registers', 'iommu'].includes(kind))

const name = 'E1, E8, H13, F2 a copy in pieces ends as one read and one write of the whole'

test(name, () =>
  pursue({
    name,
    count: 1500,
    property: fc.property(
      fc.oneof(
        { weight: 9, arbitrary: copyWorlds(200, 16, 8, PASSIVE) },
        { weight: 1, arbitrary: copyWorlds(200, 16, 8) },
      ),
      place,
      place,
      place,
      fc.constantFrom(...ATTRS),
      (world, to, from, size, attrs) => {
        const [ours, reference] = [copyBoard(world, 0), copyBoard(world, 1)]
        const [dst, src] = [to % (ours.length + 20), from % (ours.length + 20)]
        const length = size % (ours.length + 40)
        const { sections } = ours.space
        const copy = { dstMap: sections, dst, srcMap: sections, src, length, attrs }
        const pieces = piecesOf(copy)
        const bytes = new Uint8Array(length)
        const due = reference.space.read(src, bytes, attrs) | reference.space.write(dst, bytes, attrs)
        expect(copyPieces(copy, pieces, false)).toBe(due)
        expect(ours.end()).toEqual(reference.end())
      },
    ),
  }),
)
