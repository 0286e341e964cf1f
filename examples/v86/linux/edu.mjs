// edu, driven from the guest's user space: its registers through /dev/mem, its interrupt through Linux's uio.

import { RESERVED } from './images.mjs'

const PAGE = 4096
const [IDENTIFICATION, LIVENESS, FACTORIAL, STATUS, INTERRUPT_STATUS, ACKNOWLEDGE] = [
  0x00, 0x04, 0x08, 0x20, 0x24, 0x64,
]
const [SOURCE, DESTINATION, COUNT, COMMAND] = [0x80, 0x88, 0x90, 0x98]
const INTERRUPT_AFTER_FACTORIAL = 0x80
const BUFFER = 0x4_0000
/** Start, with an interrupt at the end. */
const [TO_CARD, TO_RAM] = [0x5, 0x7]
const RETURNED = RESERVED + 2 * PAGE

/**
 * @param {import('./shell.mjs').Shell} shell
 * @param {(address: number, bytes: number) => Uint8Array} readRam As v86 itself does.
 * @param {Uint8Array} busybox Of which the guest has a page sent.
 * @param {(name: string, seen: unknown, due: unknown) => void} check
 */
export async function driveEdu(shell, readRam, busybox, check) {
  await shell.run('for d in /sys/bus/pci/devices/*; do [ $(cat $d/device) = 0x11e8 ] && edu=$d; done; [ -n "$edu" ]')
  const bar = Number((await shell.run('head -n 1 $edu/resource')).split(' ')[0])
  const load = async register => Number(await shell.run(`devmem ${bar + register} 32`))
  const store = (register, value) => shell.run(`devmem ${bar + register} 32 ${value}`)

  check('identification', await load(IDENTIFICATION), 0x0100_00ed)
  await store(LIVENESS, 0x1234_5678)
  check('liveness', await load(LIVENESS), ~0x1234_5678 >>> 0)

  await shell.run('echo 1234 11e8 > /sys/bus/pci/drivers/uio_pci_generic/new_id; exec 3<>/dev/uio0')
  let interrupts = 0
  /** Waits, acknowledges, and takes back that the kernel masked it: Interrupt Disable, in the command's upper byte. */
  const interrupt = async bits => {
    check(
      'interrupts taken',
      Number(await shell.run(`dd bs=4 count=1 <&3 2>/dev/null | hexdump -e '1/4 "%u"'; echo`)),
      ++interrupts,
    )
    check('interrupt status', await load(INTERRUPT_STATUS), bits)
    await store(ACKNOWLEDGE, bits)
    await shell.run(`printf '\\000' | dd of=$edu/config bs=1 seek=5 conv=notrunc 2>/dev/null`)
  }
  await store(STATUS, INTERRUPT_AFTER_FACTORIAL)
  await store(FACTORIAL, 12)
  await interrupt(0x001)
  check('factorial', await load(FACTORIAL), 479_001_600)

  const dma = async (source, destination, command) => {
    await store(SOURCE, source)
    await store(DESTINATION, destination)
    await store(COUNT, PAGE)
    await store(COMMAND, command)
    await interrupt(0x100)
  }
  const page = address => `dd if=/dev/mem bs=${PAGE} skip=${address / PAGE} count=1 2>/dev/null`
  await shell.run(`dd if=/bin/busybox of=/dev/mem bs=${PAGE} count=1 seek=${RESERVED / PAGE} conv=notrunc 2>/dev/null`)
  await dma(RESERVED, BUFFER, TO_CARD)
  await dma(BUFFER, RETURNED, TO_RAM)
  const sum = await shell.run(`${page(RESERVED)} | md5sum`)
  check('md5 of what came back', await shell.run(`${page(RETURNED)} | md5sum`), sum)
  const due = Buffer.from(busybox.subarray(0, PAGE))
  check('the page in RAM, as v86 reads it', due.equals(readRam(RETURNED, PAGE)), true)

  // One function, which v86 translates, and then another one in its place, which nobody but edu stores there.
  const bytes = value => `printf '\\270\\00${value}\\0\\0\\0\\303'` // mov eax, value; ret
  const put = (value, at) =>
    shell.run(`${bytes(value)} | dd of=/dev/mem bs=${PAGE} seek=${at / PAGE} conv=notrunc 2>/dev/null`)
  await put(1, RESERVED)
  await put(2, RETURNED)
  const call = async () => Number(await shell.run('call; echo $?'))
  check('a function returns', await call(), 1)
  await dma(RETURNED, BUFFER, TO_CARD)
  await dma(BUFFER, RESERVED, TO_RAM)
  check('the function that edu stored over it returns', await call(), 2)
  const line = await shell.run("grep uio /proc/interrupts | awk '{ print $2 }'")
  check('interrupts, as the kernel counts them', Number(line), interrupts)
}
