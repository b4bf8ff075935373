output "platform" {
  description = "The platform's account: its email, and the member that grants name."
  value       = { email = google_service_account.platform.email, member = google_service_account.platform.member }
  depends_on  = [google_project_iam_member.platform, google_project_iam_member.platform_database]
}

output "dashboard" {
  description = "The dashboard's account: its email, and the member that grants name."
  value       = { email = google_service_account.dashboard.email, member = google_service_account.dashboard.member }
}

output "people" {
  description = "The account that people borrow for the command line: its email, and the member that grants name."
  value       = { email = google_service_account.people.email, member = google_service_account.people.member }
}

output "services" {
  description = "Each watched service's account: its email, its full name, and the member that grants name."
  value = {
    for name, account in google_service_account.service :
    name => { email = account.email, name = account.name, member = account.member }
  }
}
