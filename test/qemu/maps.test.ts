import { machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { type RecordedMachine, recordings } from './corpus.ts'
import { differences } from './parity.ts'

describe.each(['maps', 'changes'])(
  'A-C %s: every space shows what QEMU showed, and shares it with the same',
  folder => {
    test.each(recordings(folder, '.json'))('$name', ({ text }) => {
      const recorded = JSON.parse(text) as RecordedMachine
      expect(differences(recorded, machineFromJson(recorded))).toEqual([])
    })
  },
)
