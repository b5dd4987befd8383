#!/bin/sh
# count.sh BENCH.TEST: how many instructions a request takes with each transport, by valgrind. The
# collector is off. What the start takes is subtracted.
set -eu
count() {
	GOGC=off GOMAXPROCS=1 valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$1" \
		-test.run '^$' -test.bench '^BenchmarkOne$' -test.benchtime "$4x" -one "$2" -headers "$3" 2>&1 |
		sed -n 's/.*I *refs: *//p' | tr -d ,
}
for headers in 2 6; do
	for t in lib=bare lib=floor lib=oauth2 lib=chain/list=sign lib=chain/list=sign+4 lib=chain/list=auth; do
		few=$(count "$1" "$t" "$headers" 2000)
		many=$(count "$1" "$t" "$headers" 12000)
		echo "headers=$headers $t $(((many - few) / 10000))"
	done
done
