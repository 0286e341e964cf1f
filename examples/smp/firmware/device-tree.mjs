// What the machine says of itself to its firmware.

import { flattenedDeviceTree } from '../fdt.mjs'
import { CLINT, IRQ, PLIC, POWER, RAM, TIMEBASE, UART, VIRTIO } from '../layout.mjs'

const PLIC_HANDLE = 100
const cpuHandle = hart => 1 + hart
const hex = value => value.toString(16)
/** What interrupts of a hart are called: their bits of mip. */
const [SOFTWARE, TIMER, SUPERVISOR_EXTERNAL, MACHINE_EXTERNAL] = [3, 7, 9, 11]

/** @param {{ harts: number, ramBytes: number }} machine */
export function deviceTree({ harts, ramBytes }) {
  const ids = Array.from({ length: harts }, (_, id) => id)
  const cpu = id => ({
    device_type: 'cpu',
    reg: id,
    status: 'okay',
    compatible: 'riscv',
    'riscv,isa': 'rv64imac',
    'mmu-type': 'riscv,none',
    'interrupt-controller': {
      '#interrupt-cells': 1,
      'interrupt-controller': true,
      compatible: 'riscv,cpu-intc',
      phandle: cpuHandle(id),
    },
  })
  const perHart = (...interrupts) => ids.flatMap(id => interrupts.flatMap(number => [cpuHandle(id), number]))
  const region = (address, bytes) => [0, address, 0, bytes]
  return flattenedDeviceTree({
    '#address-cells': 2,
    '#size-cells': 2,
    compatible: 'riscv-virtio',
    model: 'riscv-virtio,guestmem',
    chosen: { 'stdout-path': `/soc/serial@${hex(UART)}` },
    [`memory@${hex(RAM)}`]: { device_type: 'memory', reg: region(RAM, ramBytes) },
    cpus: {
      '#address-cells': 1,
      '#size-cells': 0,
      'timebase-frequency': TIMEBASE,
      ...Object.fromEntries(ids.map(id => [`cpu@${id}`, cpu(id)])),
    },
    soc: {
      '#address-cells': 2,
      '#size-cells': 2,
      compatible: 'simple-bus',
      ranges: true,
      [`test@${hex(POWER)}`]: {
        compatible: ['sifive,test1', 'sifive,test0', 'syscon'],
        reg: region(POWER, 0x1000),
      },
      [`clint@${hex(CLINT)}`]: {
        compatible: ['sifive,clint0', 'riscv,clint0'],
        reg: region(CLINT, 0x1_0000),
        'interrupts-extended': perHart(SOFTWARE, TIMER),
      },
      [`plic@${hex(PLIC)}`]: {
        compatible: ['sifive,plic-1.0.0', 'riscv,plic0'],
        reg: region(PLIC, 0x60_0000),
        '#interrupt-cells': 1,
        '#address-cells': 0,
        'interrupt-controller': true,
        'riscv,ndev': 31,
        phandle: PLIC_HANDLE,
        'interrupts-extended': perHart(MACHINE_EXTERNAL, SUPERVISOR_EXTERNAL),
      },
      [`serial@${hex(UART)}`]: {
        compatible: 'ns16550a',
        reg: region(UART, 0x100),
        'clock-frequency': 3_686_400,
        interrupts: IRQ.uart,
        'interrupt-parent': PLIC_HANDLE,
      },
      [`virtio_mmio@${hex(VIRTIO)}`]: {
        compatible: 'virtio,mmio',
        reg: region(VIRTIO, 0x1000),
        interrupts: IRQ.virtio,
        'interrupt-parent': PLIC_HANDLE,
      },
    },
  })
}
