//! What a function is called with: records of a stream, read one by one, so that one that is wrong harms no other.
