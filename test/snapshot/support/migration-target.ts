// A process of its own: listens on a port, takes one machine, and says what became of it.
import { createServer } from 'node:net'
import { receiveMachine } from 'guestmem/snapshot'
import { migrationMachine } from './migration-machine.ts'

const machine = migrationMachine(Number(process.argv[2]))
const empty = machine.checksum()
const server = createServer(async socket => {
  socket.on('error', () => {})
  socket.setNoDelay()
  let said = 'holds'
  try {
    await receiveMachine(machine.space, socket, { devices: machine.devices })
  } catch {
    said = machine.checksum() === empty ? 'nothing' : 'half a machine'
  }
  console.log(`${said} ${machine.checksum()}`)
  socket.destroy()
  server.close()
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`port ${typeof address === 'object' && address?.port}`)
})
