import { describe, expect, test } from 'vitest'
import { replayAccess } from '../../src/qemu/qemu.ts'
import { accessFiles } from './access-files.ts'

// fw_cfg's DMA engine has written to RAM by the time these are read: not to be told from the file.
const CHANGED_BY_DEVICE: Record<string, number> = { 'aarch64-virt-fwcfg-dma': 8 }

describe('a recorded machine does as QEMU did (RULES D, E, G)', () => {
  test.each(accessFiles())('$name', ({ name, load }) => {
    const file = load()
    const report = replayAccess(file)
    expect(report.different).toEqual([])
    const unpredictable = file.cases.filter(item => item[6] === 'n' || item[6] === 'u').length
    const skipped = unpredictable + (CHANGED_BY_DEVICE[name] ?? 0)
    expect(report).toMatchObject({ cases: file.cases.length, skipped, equal: file.cases.length - skipped })
  })
})
