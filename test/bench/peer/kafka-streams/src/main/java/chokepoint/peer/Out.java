package chokepoint.peer;

/** What a sink sends, and to which partition: that of the event. */
record Out(int partition, byte[] value) {}
