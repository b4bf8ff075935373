output "database_id" {
  description = "The database's id, once it exists."
  value       = google_firestore_database.this.name
}
