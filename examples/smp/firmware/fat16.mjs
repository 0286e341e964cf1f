// A disk with one partition, which firmware may boot from, and on it a FAT16 file system with some files in its root.

const SECTOR = 512
/** Where the partition begins, sectors. */
const FIRST = 2048
const PER_CLUSTER = 2
const CLUSTERS = 8000
const RESERVED = 1
const ROOT_ENTRIES = 512
const FAT_SECTORS = Math.ceil((2 * (CLUSTERS + 2)) / SECTOR)
const ROOT_SECTORS = (32 * ROOT_ENTRIES) / SECTOR
const DATA = RESERVED + FAT_SECTORS + ROOT_SECTORS
const SECTORS = DATA + CLUSTERS * PER_CLUSTER
const [FAT16, BOOTABLE, ARCHIVE, END_OF_FILE] = [6, 0x80, 0x20, 0xffff]

/**
 * @param {Record<string, Uint8Array>} files By name: up to eight letters, a dot, and up to three.
 * @returns {Buffer} The disk.
 */
export function fat16Disk(files) {
  const disk = Buffer.alloc((FIRST + SECTORS) * SECTOR)
  const table = 446
  disk[table] = BOOTABLE
  disk[table + 4] = FAT16
  disk.writeUInt32LE(FIRST, table + 8)
  disk.writeUInt32LE(SECTORS, table + 12)
  const volume = disk.subarray(FIRST * SECTOR)
  writeBootSector(volume)
  for (const sector of [disk, volume]) sector.writeUInt16LE(0xaa55, 510)

  const fat = volume.subarray(RESERVED * SECTOR)
  const root = volume.subarray((RESERVED + FAT_SECTORS) * SECTOR)
  fat.writeUInt16LE(0xfff8, 0)
  fat.writeUInt16LE(END_OF_FILE, 2)
  let cluster = 2
  for (const [index, [name, bytes]] of Object.entries(files).entries()) {
    const clusters = Math.max(1, Math.ceil(bytes.length / (PER_CLUSTER * SECTOR)))
    if (cluster + clusters > CLUSTERS + 2) throw new RangeError(`there is no room for ${name}`)
    const entry = root.subarray(32 * index)
    const [stem, extension = ''] = name.toUpperCase().split('.')
    entry.write(stem.padEnd(8) + extension.padEnd(3), 'latin1')
    entry[11] = ARCHIVE
    entry.writeUInt16LE(cluster, 26)
    entry.writeUInt32LE(bytes.length, 28)
    volume.set(bytes, (DATA + (cluster - 2) * PER_CLUSTER) * SECTOR)
    // A file's clusters follow one another.
    for (let at = 0; at < clusters; at++)
      fat.writeUInt16LE(at === clusters - 1 ? END_OF_FILE : cluster + at + 1, 2 * (cluster + at))
    cluster += clusters
  }
  return disk
}

function writeBootSector(volume) {
  volume.set([0xeb, 0x3c, 0x90])
  volume.write('GUESTMEM', 3, 'latin1')
  volume.writeUInt16LE(SECTOR, 11)
  volume[13] = PER_CLUSTER
  volume.writeUInt16LE(RESERVED, 14)
  // One table.
  volume[16] = 1
  volume.writeUInt16LE(ROOT_ENTRIES, 17)
  volume.writeUInt16LE(SECTORS < 0x1_0000 ? SECTORS : 0, 19)
  volume[21] = 0xf8
  volume.writeUInt16LE(FAT_SECTORS, 22)
  volume.writeUInt32LE(FIRST, 28)
  volume.writeUInt32LE(SECTORS < 0x1_0000 ? 0 : SECTORS, 32)
  volume[36] = 0x80
  volume[38] = 0x29
  volume.write('GUESTMEM   FAT16   ', 43, 'latin1')
}
