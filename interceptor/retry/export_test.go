package retry

// Hosts is how many hosts an interceptor remembers.
func Hosts(i *Interceptor) int {
	i.budgets.mu.Lock()
	defer i.budgets.mu.Unlock()
	return len(i.budgets.hosts)
}
