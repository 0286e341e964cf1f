// Made by `npm run pictures`, of the runs of test/hazards.
import type { HazardPicture } from './hazard-picture.ts'

export const PICTURES: readonly HazardPicture[] = [
 {
  "title": "H1: One source line, two kinds of access",
  "caption": "A virtio used index goes from 0x01ff to 0x0200. Optimised, the same line is one store.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "idx",
    "at": 0,
    "length": 2
   }
  ],
  "panels": [
   {
    "title": "DataView.setUint16, not yet optimised",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": true,
      "again": []
     },
     {
      "text": "another CPU reads 0x0100"
     },
     {
      "at": 1,
      "width": 1,
      "harms": false,
      "again": []
     }
    ],
    "end": "Another CPU read a value that nobody wrote.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 2,
      "harms": false,
      "again": []
     },
     {
      "text": "another CPU reads 0x0200"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H2: A copy of variable length splits an access into bytes",
  "caption": "A device's 32-bit register latches on each write: 0x12345678 is meant.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "register",
    "at": 0,
    "length": 4
   }
  ],
  "panels": [
   {
    "title": "Uint8Array.set of 4 aligned bytes",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": true,
      "again": []
     },
     {
      "text": "device latches 0x00000078"
     },
     {
      "at": 1,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "text": "device latches 0x00005678"
     },
     {
      "at": 2,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "text": "device latches 0x00345678"
     },
     {
      "at": 3,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "text": "device latches 0x12345678"
     }
    ],
    "end": "The device latched 4 values, 3 of them torn.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "text": "device latches 0x12345678"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H3: An unaligned access is made as several aligned ones",
  "caption": "The guest stores a 32-bit counter at an odd address in one access; 0x0000ffff becomes 0x00010000.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "counter",
    "at": 0,
    "length": 4
   }
  ],
  "panels": [
   {
    "title": "align first",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": true,
      "again": []
     },
     {
      "text": "another CPU reads 0x0000ff00"
     },
     {
      "at": 1,
      "width": 2,
      "harms": false,
      "again": []
     },
     {
      "at": 3,
      "width": 1,
      "harms": false,
      "again": []
     }
    ],
    "end": "Another CPU read a value that nobody wrote.",
    "broken": true
   },
   {
    "title": "guestmem store32",
    "rows": [
     {
      "at": 0,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "text": "another CPU reads 0x00010000"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H4: Vectors to uncached memory: good on x86, a fault elsewhere",
  "caption": "64 bytes to a BAR that an aarch64 host mapped as Device memory. On x86 guestmem uses vectors too.",
  "legend": "Each box is one store, the first on top. Red: it faults. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "BAR",
    "at": 0,
    "length": 64
   }
  ],
  "panels": [
   {
    "title": "vectors, whatever the CPU",
    "rows": [
     {
      "at": 0,
      "width": 16,
      "harms": true,
      "again": []
     }
    ],
    "end": "A vector store of 16 bytes faults.",
    "broken": true
   },
   {
    "title": "guestmem on aarch64",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 8,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 16,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 24,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 32,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 40,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 48,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 56,
      "width": 8,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H5: A copy of 1, 2, 4 or 8 bytes must stay one load and one store",
  "caption": "\"No branch when size == 8\": both stores write all of it, and the guest has cleared it in between.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "event",
    "at": 0,
    "length": 8
   }
  ],
  "panels": [
   {
    "title": "glibc memcpy of 8 bytes",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "text": "guest sees the event"
     },
     {
      "text": "handles it: clears it"
     },
     {
      "at": 0,
      "width": 8,
      "harms": true,
      "again": [
       {
        "at": 0,
        "width": 8
       }
      ]
     },
     {
      "text": "guest sees the event"
     },
     {
      "text": "handles it: clears it"
     }
    ],
    "end": "One event was handled twice.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "text": "guest sees the event"
     },
     {
      "text": "handles it: clears it"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H6: Unaligned and vector accesses to uncached memory fault",
  "caption": "The BAR is Device memory to the host. The tail overlaps, so it is not aligned: an Alignment fault.",
  "legend": "Each box is one store, the first on top. Red: it faults. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "BAR",
    "at": 0,
    "length": 15
   }
  ],
  "panels": [
   {
    "title": "Arm's memcpy of 15 bytes",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 7,
      "width": 8,
      "harms": true,
      "again": [
       {
        "at": 7,
        "width": 1
       }
      ]
     }
    ],
    "end": "An unaligned store of 8 bytes faults.",
    "broken": true
   },
   {
    "title": "guestmem, cacheMode noncached",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 8,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "at": 12,
      "width": 2,
      "harms": false,
      "again": []
     },
     {
      "at": 14,
      "width": 1,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H7: The guest may do to a BAR what the host may not",
  "caption": "8 bytes at BAR + 3: the guest's mapping (Normal Non-cacheable) allows them, the host's (Device) does not.",
  "legend": "Each box is one store, the first on top. Red: it faults. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "BAR",
    "at": 0,
    "length": 8
   }
  ],
  "panels": [
   {
    "title": "replayed as the guest made it",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": true,
      "again": []
     }
    ],
    "end": "An unaligned store of 8 bytes faults.",
    "broken": true
   },
   {
    "title": "guestmem, cacheMode noncached",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "at": 1,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "at": 5,
      "width": 2,
      "harms": false,
      "again": []
     },
     {
      "at": 7,
      "width": 1,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H8: A driver maps a BAR better than noncached",
  "caption": "A 64-bit pointer at an odd address in coherent GPU memory, which the GPU reads in one access.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "64-bit pointer",
    "at": 0,
    "length": 8
   }
  ],
  "panels": [
   {
    "title": "BAR taken as noncached",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "at": 1,
      "width": 2,
      "harms": true,
      "again": []
     },
     {
      "text": "another CPU reads 0x00000440ff000000"
     },
     {
      "at": 3,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "at": 7,
      "width": 1,
      "harms": false,
      "again": []
     }
    ],
    "end": "Another CPU read a value that nobody wrote.",
    "broken": true
   },
   {
    "title": "guestmem, cacheMode normal",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "text": "another CPU reads 0x0000044100000000"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H9: The emulator does not know how a BAR is mapped",
  "caption": "20 bytes at BAR + 2. VFIO did not say how the BAR is mapped; it is Device memory.",
  "legend": "Each box is one store, the first on top. Red: it faults. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "BAR",
    "at": 0,
    "length": 20
   }
  ],
  "panels": [
   {
    "title": "the BAR taken for RAM",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": true,
      "again": []
     }
    ],
    "end": "An unaligned store of 8 bytes faults.",
    "broken": true
   },
   {
    "title": "guestmem, cacheMode noncached",
    "rows": [
     {
      "at": 0,
      "width": 2,
      "harms": false,
      "again": []
     },
     {
      "at": 2,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "at": 6,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 14,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "at": 18,
      "width": 2,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H10: Overlapping stores write a byte twice",
  "caption": "The second store puts the done bit back that the driver has just cleared: the packet is taken twice.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "buffer address",
    "at": 0,
    "length": 8
   },
   {
    "name": "len",
    "at": 8,
    "length": 2
   },
   {
    "name": "csum",
    "at": 10,
    "length": 2
   },
   {
    "name": "st",
    "at": 12,
    "length": 1
   },
   {
    "name": "err",
    "at": 13,
    "length": 1
   },
   {
    "name": "spec",
    "at": 14,
    "length": 2
   },
   {
    "name": "hash",
    "at": 16,
    "length": 4
   }
  ],
  "panels": [
   {
    "title": "glibc memcpy of 20 bytes",
    "rows": [
     {
      "at": 0,
      "width": 16,
      "harms": false,
      "again": []
     },
     {
      "text": "driver sees done"
     },
     {
      "text": "takes the packet"
     },
     {
      "text": "hands back: clears the status"
     },
     {
      "at": 4,
      "width": 16,
      "harms": true,
      "again": [
       {
        "at": 4,
        "width": 12
       }
      ]
     },
     {
      "text": "driver sees done"
     },
     {
      "text": "takes the packet"
     },
     {
      "text": "hands back: clears the status"
     }
    ],
    "end": "One packet was taken twice.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 16,
      "harms": false,
      "again": []
     },
     {
      "text": "driver sees done"
     },
     {
      "text": "takes the packet"
     },
     {
      "text": "hands back: clears the status"
     },
     {
      "at": 16,
      "width": 4,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H11: One byte is stored three times",
  "caption": "dst[0], dst[n >> 1] and dst[n - 1] are one byte. Behind it is a doorbell register.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "bell",
    "at": 0,
    "length": 1
   }
  ],
  "panels": [
   {
    "title": "Arm's memcpy of 1 byte",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "text": "device starts (1)"
     },
     {
      "at": 0,
      "width": 1,
      "harms": false,
      "again": [
       {
        "at": 0,
        "width": 1
       }
      ]
     },
     {
      "text": "device starts (2)"
     },
     {
      "at": 0,
      "width": 1,
      "harms": true,
      "again": [
       {
        "at": 0,
        "width": 1
       }
      ]
     },
     {
      "text": "device starts (3)"
     }
    ],
    "end": "One write rang the doorbell 3 times.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 1,
      "harms": false,
      "again": []
     },
     {
      "text": "device starts (1)"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H12: The last byte is stored before the rest",
  "caption": "The driver polls the last byte, as PCI lets it, and reads the message.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "message",
    "at": 0,
    "length": 11
   },
   {
    "name": "st",
    "at": 11,
    "length": 1
   }
  ],
  "panels": [
   {
    "title": "glibc memcpy of 12 bytes",
    "rows": [
     {
      "at": 4,
      "width": 8,
      "harms": true,
      "again": []
     },
     {
      "text": "driver sees the status"
     },
     {
      "text": "reads the message: byte 0 is not there yet"
     },
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": [
       {
        "at": 4,
        "width": 4
       }
      ]
     }
    ],
    "end": "Byte 0 was read before it was written.",
    "broken": true
   },
   {
    "title": "guestmem",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 8,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "text": "driver sees the status"
     },
     {
      "text": "reads the message"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "H13: Overlapping ranges are copied backwards",
  "caption": "A message of 24 bytes is moved up by 16. The driver polls its last byte in the new place.",
  "legend": "Each box is one store, the first on top. Red: it breaks the guest. Hatched: bytes stored again.",
  "fields": [
   {
    "name": "message",
    "at": 0,
    "length": 23
   },
   {
    "name": "st",
    "at": 23,
    "length": 1
   }
  ],
  "panels": [
   {
    "title": "memmove, up by 16 bytes",
    "rows": [
     {
      "at": 16,
      "width": 8,
      "harms": true,
      "again": []
     },
     {
      "text": "driver sees the status"
     },
     {
      "text": "reads the message: byte 0 is not there yet"
     },
     {
      "at": 8,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     }
    ],
    "end": "Byte 0 was read before it was written.",
    "broken": true
   },
   {
    "title": "guestmem ramMove",
    "rows": [
     {
      "at": 0,
      "width": 16,
      "harms": false,
      "again": []
     },
     {
      "at": 16,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "text": "driver sees the status"
     },
     {
      "text": "reads the message"
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 },
 {
  "title": "Double fetch: A source byte is read twice",
  "caption": "Loads from the guest: a request of 16 bytes, for which there is room, and 32, for which there is not.",
  "legend": "Each box is one load, the first on top. Red: it breaks the guest. Hatched: bytes loaded again.",
  "fields": [
   {
    "name": "length",
    "at": 0,
    "length": 4
   },
   {
    "name": "command",
    "at": 4,
    "length": 4
   },
   {
    "name": "data",
    "at": 8,
    "length": 32
   }
  ],
  "panels": [
   {
    "title": "check, then use, in guest memory",
    "rows": [
     {
      "at": 0,
      "width": 4,
      "harms": false,
      "again": []
     },
     {
      "text": "guest: length is 32"
     },
     {
      "at": 0,
      "width": 4,
      "harms": true,
      "again": [
       {
        "at": 0,
        "width": 4
       }
      ]
     },
     {
      "at": 8,
      "width": 32,
      "harms": false,
      "again": []
     }
    ],
    "end": "The device wrote past the end of its buffer.",
    "broken": true
   },
   {
    "title": "guestmem: copy, check, use the copy",
    "rows": [
     {
      "at": 0,
      "width": 8,
      "harms": false,
      "again": []
     },
     {
      "text": "guest: length is 32"
     },
     {
      "at": 8,
      "width": 16,
      "harms": false,
      "again": []
     }
    ],
    "end": "The guest is not broken.",
    "broken": false
   }
  ]
 }
]
