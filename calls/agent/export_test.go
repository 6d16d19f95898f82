package agent

// Awaiting is how many still wait for an answer, once Run has ended.
func (a *Agent) Awaiting() int {
	<-a.done
	return len(a.awaiting)
}
