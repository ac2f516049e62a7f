"""What a text must or must not contain, followed token by token: phrases, copies, a regular expression."""
