import { parentPort, workerData } from 'node:worker_threads'
import { GuestRam } from 'guestmem'
import { Meeting } from './meeting.ts'
import * as order from './order.ts'
import type { Part } from './race.ts'
import * as word from './word.ts'

const { race, role, way, ms, handle } = workerData as Part
const meeting = new Meeting(GuestRam.attach(handle))
parentPort?.postMessage({ word, order }[race][role](meeting, way, ms))
