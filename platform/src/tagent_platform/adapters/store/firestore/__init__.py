"""The store, and who else is on it, in Google's Firestore: for several platforms at once."""
