import { expect, test, vi } from 'vitest'

test('the example prints what the devices answered', async () => {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line = '') => void lines.push(line))
  try {
    await import('../../examples/devices.mjs')
  } finally {
    log.mockRestore()
  }
  const text = lines.join('\n')
  expect(text).toMatch(/opt\/greeting +0x21 +19/)
  expect(text).toMatch(/RAM +19 +done +hello from the host/)
  expect(text).toMatch(/nothing +19 +error/)
  expect(text).toMatch(/fw_cfg's own registers +19 +error/)
  expect(text).toMatch(/PAM0 = 0x10.*\n.*\n.*: bios\n.*-00000000000fffff \(prio 0, rom\): ram @00000000000f0000/)
  expect(text).toContain("goes high\n  10! is 3,628,800\n  edu's interrupt line goes low")
  expect(text).toContain('"moved by edu"')
  expect(text).toMatch(/mmio-no-eventfd +2 +0\n.*mmio-wildcard-eventfd +0 +3\n.*mmio-datamatch-eventfd +0 +2/)
})
