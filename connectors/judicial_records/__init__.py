"""Criminal records (lý lịch tư pháp) of the Ministry of Justice and of VNeID: three generations of one matter."""
