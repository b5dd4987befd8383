#!/bin/sh
# count.sh BENCH.TEST: how many instructions a request takes with each transport, and the programs of
# BenchmarkStart from start to end, by valgrind. Of the requests, the start of the test is subtracted;
# the collector is off.
set -eu
instructions() {
	valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$@" 2>&1 |
		sed -n 's/.*I *refs: *//p' | tr -d ,
}
requests() {
	GOGC=off GOMAXPROCS=1 instructions "$1" -test.run '^$' -test.bench '^BenchmarkOne$' -test.benchtime "$4x" -one "$2" -headers "$3"
}
for headers in 2 6; do
	for t in lib=bare lib=floor lib=oauth2 lib=chain/list=sign lib=chain/list=sign+4 lib=chain/list=auth; do
		few=$(requests "$1" "$t" "$headers" 2000)
		many=$(requests "$1" "$t" "$headers" 12000)
		echo "headers=$headers $t $(((many - few) / 10000))"
	done
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for p in bare resty sealed; do
	go build -o "$dir/$p" "./testdata/start/$p"
	mkdir -m 700 "$dir/of-$p"
	"$dir/$p" "$dir/of-$p" first
	echo "start $p $(instructions "$dir/$p" "$dir/of-$p")"
done
