#!/bin/busybox sh
# The guest's first process. It loads the drivers, then runs what comes on the serial port, line by line, and says after each
# how it ended.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
dmesg -n 1
stty -echo -onlcr
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
echo 'guest ready'
while read -r line; do
  eval "$line"
  echo "guest status $?"
done
