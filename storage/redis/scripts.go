package redis

import goredis "github.com/redis/go-redis/v9"

// A session is a hash:
//
//	v  the value; absent: there is none
//	n  the fence of the last writer
//	f  the fence of the last lease
//	o  the owner of the present lease; absent: there is no lease
//	u  when the present lease expires, in ms of the server's clock
//	i  "1": a lease expired, and nothing was written since
//	w  "1": somebody waits for the present lease
//
// Fences travel and are compared as text, since the numbers of Lua are floats.
// Each script gets the one hash as its key.

// A hash without a value expires after a day; by then no holder of its lease
// can be left.
const lifetime = `
local function expire()
	if redis.call('HEXISTS', KEYS[1], 'v') == 0 then
		redis.call('PEXPIRE', KEYS[1], 86400000)
	end -- if
end
`

// scripts are what the backend runs.
type scripts struct{ acquire, renew, look, release, commit *goredis.Script }

func newScripts() scripts {
	return scripts{
		acquire: goredis.NewScript(acquireScript), renew: goredis.NewScript(renewScript),
		look: goredis.NewScript(lookScript), release: goredis.NewScript(releaseScript), commit: goredis.NewScript(commitScript),
	}
}

const now = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`

// acquireScript: owner, fence, ttl. Returns {1, version or "", value or false,
// interrupted} or {0, ms left}.
const acquireScript = now + lifetime + `
local o, u, i, n = unpack(redis.call('HMGET', KEYS[1], 'o', 'u', 'i', 'n'))
if o and tonumber(u) > now and o ~= ARGV[1] then
	redis.call('HSET', KEYS[1], 'w', '1')
	return {0, tonumber(u) - now}
end
if o and o ~= ARGV[1] then
	i = '1'
	redis.call('HSET', KEYS[1], 'i', '1')
end
redis.call('HSET', KEYS[1], 'o', ARGV[1], 'f', ARGV[2], 'u', now + ARGV[3])
redis.call('HDEL', KEYS[1], 'w')
expire()
return {1, n or '', redis.call('HGET', KEYS[1], 'v'), i or '0'}
`

// renewScript: fence, ttl. Returns 1 if held.
const renewScript = now + lifetime + `
local o, f = unpack(redis.call('HMGET', KEYS[1], 'o', 'f'))
if not o or f ~= ARGV[1] then
	return 0
end
redis.call('HSET', KEYS[1], 'u', now + ARGV[2])
expire()
return 1
`

// lookScript: nothing. Returns how many ms the lease lasts, 0 if there is none.
const lookScript = now + `
local o, u, w = unpack(redis.call('HMGET', KEYS[1], 'o', 'u', 'w'))
if not o or tonumber(u) <= now then
	return 0
end
if not w then
	redis.call('HSET', KEYS[1], 'w', '1')
end
return tonumber(u) - now
`

const free = `
local function free()
	local w = redis.call('HGET', KEYS[1], 'w')
	redis.call('HDEL', KEYS[1], 'o', 'u', 'w')
	if w then
		redis.call('PUBLISH', ARGV[1], KEYS[1])
	end -- if
end
`

// releaseScript: channel, fence. Returns nothing of interest.
const releaseScript = free + `
local o, f = unpack(redis.call('HMGET', KEYS[1], 'o', 'f'))
if o and f == ARGV[2] then
	free()
end
return 1
`

// commitScript: channel, fence, version ("0": never written), whether there is a
// value, the value. Returns {"saved"}, {"taken"} or {"outdated", version or ""}.
const commitScript = now + lifetime + free + `
local o, u, f, n = unpack(redis.call('HMGET', KEYS[1], 'o', 'u', 'f', 'n'))
if n == ARGV[2] then
	redis.call('HSET', KEYS[1], 'n', n) -- a write, which WAIT can wait for
	return {'saved'}
end
if (n or '0') ~= ARGV[3] then
	return {'outdated', n or ''}
end
if o and f ~= ARGV[2] and tonumber(u) > now then
	redis.call('HSET', KEYS[1], 'w', '1')
	return {'taken'}
end
if ARGV[4] == '1' then
	redis.call('HSET', KEYS[1], 'v', ARGV[5], 'n', ARGV[2])
else
	redis.call('HDEL', KEYS[1], 'v')
	redis.call('HSET', KEYS[1], 'n', ARGV[2])
end
redis.call('HDEL', KEYS[1], 'i')
redis.call('PERSIST', KEYS[1])
expire()
free()
return {'saved'}
`
